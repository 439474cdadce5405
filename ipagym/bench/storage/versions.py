"""The versions of what results depend on: packages, and the commit of the code."""

import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "numpy", "scipy", "pandas", "pyarrow", "numba", "simpy", "mip", "highsbox", "gymnasium",
    "torch", "stable-baselines3", "sb3-contrib",
)  # fmt: skip
"""Packages that compute, load or store; those of extras are none where they are not installed."""


def package_versions() -> dict[str, str | None]:
    """The version of each of `PACKAGES`, none where it is not installed."""
    return {name: _version(name) for name in PACKAGES}


def git_commit(folder: Path) -> str | None:
    """The commit checked out around `folder`, or none."""
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
