"""The table of docs/integrations.md: runs every example and every test of an integration in the current environment.

python scripts/integrations_table.py > table.md               # examples with their own default of steps
python scripts/integrations_table.py --steps 300 > table.md   # shorter
"""

import argparse
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST_S = 900
TESTS = "tests/test_integrations.py"

EXAMPLES = {
    "cleanrl_ppo": "torch", "sb3_ppo": "stable-baselines3", "sb3_dqn": "stable-baselines3",
    "sb3_sac": "stable-baselines3", "sb3_maskable_ppo": "sb3-contrib", "sb3_recurrent_ppo": "sb3-contrib",
    "rl_zoo": "rl-zoo3", "rllib_ppo": "ray", "torchrl_ppo": "torchrl", "tianshou_ppo": "tianshou",
    "mo_morl_baselines": "morl-baselines", "minari_dataset": "minari", "pettingzoo_stages": "pettingzoo",
    "optuna_search": "optuna",
}  # fmt: skip
"""Example → package that it shows."""

CHECKS = {
    "sb3_checks": "stable-baselines3", "sb3_contrib": "sb3-contrib", "mo_gymnasium": "mo-gymnasium",
    "minari": "minari", "tianshou": "tianshou", "torchrl": "torchrl", "rllib": "ray",
}  # fmt: skip
"""Part of the name of a test over all ids → package that it is of."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=None, help="of each example")
    steps = parser.parse_args().steps
    print("| tool | version | what was run | result | s |\n|---|---|---|---|---|")
    for name, package in EXAMPLES.items():
        length = [] if steps is None else ["--steps", str(steps)]
        command = [sys.executable, "-W", "ignore", f"examples/{name}.py", *length]
        print(_row(package, f"`{' '.join(command[3:])}`", command), flush=True)
    for name, package in CHECKS.items():
        command = [sys.executable, "-m", "pytest", "-q", "-rN", TESTS, "-k", name]
        print(_row(package, f"every id: `pytest {TESTS} -k {name}`", command), flush=True)


def _row(package: str, shown: str, command: list[str]) -> str:
    try:
        known = version(package)
    except PackageNotFoundError:
        return f"| {package} | – | {shown} | not installed | – |"
    began = time.monotonic()
    result = _result(command)
    return f"| {package} | {known} | {shown} | {result} | {time.monotonic() - began:.0f} |"


def _result(command: list[str]) -> str:
    """Passed, or failed with the last line of what was said."""
    try:
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S)  # noqa: S603
    except subprocess.TimeoutExpired:
        return f"failed: longer than {LONGEST_S} s"
    if ran.returncode == 0:
        return "passed"
    said = (ran.stderr.strip() or ran.stdout.strip() or "nothing was said").splitlines()
    return f"failed: {said[-1][:200].replace('|', '/')}"


if __name__ == "__main__":
    main()
