"""SAC of stable-baselines3, which needs a `Box` action: a number in [−1, 1] for each knob.

python examples/sb3_sac.py --steps 2000
"""

import argparse
from typing import Any

import gymnasium as gym
from stable_baselines3 import SAC
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor

import ipagym  # noqa: F401  (registers the ids)
from ipagym.envs.wrappers import BoxAction

TRAINING, TEST = [1_000_000, 2**31], [0, 100_000]
"""Seeds of the splits, from the first to before the last."""


def make_env(**settings: Any) -> gym.Env:
    """An environment whose action is a point in a box."""
    return Monitor(BoxAction(gym.make("ipagym/Video-v0", workload="bursty", **settings)))


def main(arguments: list[str] | None = None) -> None:
    """Learn, then print the return of an episode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2_000)
    steps = parser.parse_args(arguments).steps
    model = SAC("MlpPolicy", make_env(seed_range=TRAINING), learning_starts=min(200, steps // 2), gamma=0.95, seed=0)
    model.learn(steps)
    print(f"return {evaluate_policy(model, make_env(seed_range=TEST), n_eval_episodes=1)[0]:.2f}")


if __name__ == "__main__":
    main()
