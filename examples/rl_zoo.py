"""RL Baselines3 Zoo with the hyper-parameters in `examples/rl_zoo/`; this runs the command below for PPO.

    python -m rl_zoo3.train --algo ppo --env ipagym/Video-v0 --gym-packages ipagym \
        --conf-file examples/rl_zoo/ppo.yml --env-kwargs workload:"'bursty'"

The same with `--algo dqn --conf-file examples/rl_zoo/dqn.yml`.

    python examples/rl_zoo.py --algo dqn --steps 5000
"""

import argparse
import sys
import tempfile
from pathlib import Path
from unittest import mock

from rl_zoo3.train import train

FILES = Path(__file__).parent / "rl_zoo"
ENV_ARGUMENTS = ("workload:'bursty'",)


def main(arguments: list[str] | None = None) -> None:
    """Train as the command does; logs and the agent go to a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=5_000)
    parser.add_argument("--algo", choices=["ppo", "dqn"], default="ppo")
    parser.add_argument("--out", type=Path, default=None, help="a temporary folder if left out")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        command = [
            "train", "--algo", chosen.algo, "--env", "ipagym/Video-v0", "--gym-packages", "ipagym",
            "--conf-file", str(FILES / f"{chosen.algo}.yml"), "--env-kwargs", *ENV_ARGUMENTS,
            "--eval-env-kwargs", *ENV_ARGUMENTS, "--n-timesteps", str(chosen.steps), "--seed", "1",
            "--eval-episodes", "1", "--log-folder", str(chosen.out or temporary),
        ]  # fmt: skip
        with mock.patch.object(sys, "argv", command):
            train()


if __name__ == "__main__":
    main()
