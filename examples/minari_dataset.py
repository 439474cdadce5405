"""A Minari dataset for offline learning, with what `info` tells of each window, from episodes of random actions.

The dataset says how to make its environment again: that is of the very same scenario.

    python examples/minari_dataset.py --steps 500
"""

import argparse
import os
import tempfile

import gymnasium as gym
import minari

import ipagym  # noqa: F401  (registers the ids)


def main(arguments: list[str] | None = None) -> None:
    """Record, read again, and compare the scenarios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--folder", default=None, help="where datasets are kept; a temporary one if left out")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["MINARI_DATASETS_PATH"] = chosen.folder or temporary
        record(chosen.steps)


def record(steps: int) -> None:
    """A dataset of so many steps."""
    env = minari.DataCollector(
        gym.make("ipagym/Video-v0", workload="bursty", objective={"alpha": 20}), record_infos=True
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(steps):
        *_, truncated, _ = env.step(env.unwrapped.feasible_action())
        if truncated:
            env.reset()
    dataset = env.create_dataset("ipagym/video/random-v0", algorithm_name="random")
    first = dataset[0]
    print(f"{dataset.total_episodes} episodes, {dataset.total_steps} steps")
    print(f"requests in each window of the first: {first.infos['truth']['arrivals'][:5]} …")
    again = dataset.recover_environment()
    assert again.unwrapped.scenario.digest() == env.unwrapped.scenario.digest()
    print("recover_environment makes the same scenario")
    env.close()


if __name__ == "__main__":
    main()
