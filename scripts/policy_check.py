"""A policy of the zoo beside what needs no learning: `python scripts/policy_check.py NAME [LOAD ...]`."""

import sys

from ipagym.cli.policy_check import check

if __name__ == "__main__":
    print("| load | agent | reward per window | zoo less it, paired |\n| --- | --- | ---: | ---: |")
    loads: list[str | None] = [*sys.argv[2:]] or [None]
    for load in loads:
        print("\n".join(check(sys.argv[1], load)), flush=True)
