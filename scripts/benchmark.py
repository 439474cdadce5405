"""Measure speed: the same as `ipagym bench-speed`."""

import sys

from ipagym.cli import main

if __name__ == "__main__":
    sys.exit(main(["bench-speed", *sys.argv[1:]]))
