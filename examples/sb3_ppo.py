"""PPO of stable-baselines3 on the native vector environment: no Python loop over environments.

python examples/sb3_ppo.py --steps 50000
"""

import argparse

import gymnasium as gym
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor

import ipagym  # noqa: F401  (registers the ids)
from ipagym.envs import make_vector_env
from ipagym.envs.sb3 import ServingVecEnv

TRAINING, TEST = [1_000_000, 2**31], [0, 100_000]
"""Seeds of the splits, from the first to before the last."""


def main(arguments: list[str] | None = None) -> None:
    """Learn, then print the return of an episode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=50_000)
    steps = parser.parse_args(arguments).steps
    envs = make_vector_env(16, "video", "bursty", autoreset_mode=AutoresetMode.SAME_STEP, seed_range=TRAINING)
    model = PPO(
        "MlpPolicy", ServingVecEnv(envs, reward_scale=0.01), n_steps=min(119, max(2, steps // 16)), gamma=0.95, seed=0
    )
    model.learn(steps)
    env = Monitor(gym.make("ipagym/Video-v0", workload="bursty", seed_range=TEST))
    print(f"return {evaluate_policy(model, env, n_eval_episodes=1)[0]:.2f}")


if __name__ == "__main__":
    main()
