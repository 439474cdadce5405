"""Train a PPO policy: the same as `ipagym train`."""

import sys

from ipagym.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
