"""MaskablePPO of sb3-contrib: actions that the limits have no room for are never taken.

First on a single environment in an `ActionMasker`, then on the native vector environment.

    python examples/sb3_maskable_ppo.py --steps 20000
"""

import argparse

import gymnasium as gym
from gymnasium.vector import AutoresetMode
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.evaluation import evaluate_policy
from sb3_contrib.common.wrappers import ActionMasker
from stable_baselines3.common.monitor import Monitor

import ipagym  # noqa: F401  (registers the ids)
from ipagym.envs import make_vector_env
from ipagym.envs.sb3 import ServingVecEnv

TRAINING = [1_000_000, 2**31]
"""Seeds of training, from the first to before the last."""


def main(arguments: list[str] | None = None) -> None:
    """Learn twice, then print the return of an episode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000)
    steps = parser.parse_args(arguments).steps
    single = Monitor(ActionMasker(gym.make("ipagym/InfAdapter-v0", seed_range=TRAINING), "action_masks"))
    MaskablePPO("MlpPolicy", single, n_steps=min(128, steps), batch_size=32, seed=0).learn(min(512, steps))
    envs = make_vector_env(16, "infadapter", autoreset_mode=AutoresetMode.SAME_STEP, seed_range=TRAINING)
    model = MaskablePPO(
        "MlpPolicy", ServingVecEnv(envs, reward_scale=0.01), n_steps=min(64, max(2, steps // 16)), seed=0
    )
    model.learn(steps)
    print(f"return {evaluate_policy(model, single, n_eval_episodes=1)[0]:.2f}")


if __name__ == "__main__":
    main()
