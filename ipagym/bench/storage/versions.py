"""The versions of what results depend on: packages, and the commit of the code."""

import subprocess
from pathlib import Path

from ipagym.system.machine import package_version

PACKAGES = (
    "numpy", "scipy", "pandas", "pyarrow", "numba", "simpy", "mip", "highsbox", "gymnasium",
    "torch", "stable-baselines3", "sb3-contrib",
)  # fmt: skip
"""Packages that compute, load or store; those of extras are none where they are not installed."""


def package_versions() -> dict[str, str | None]:
    """The version of each of `PACKAGES`, none where it is not installed."""
    return {name: package_version(name) for name in PACKAGES}


def git_commit(folder: Path) -> str | None:
    """The commit checked out around `folder`, or none."""
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
