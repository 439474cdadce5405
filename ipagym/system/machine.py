"""What results say of the machine and the packages that they were made with."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")


def processor() -> str:
    """The processor's name; where the platform does not know it, from the kernel."""
    named = [line for line in _lines(CPU_INFO) if line.startswith("model name")]
    return named[0].partition(":")[2].strip() if named else platform.processor() or platform.machine()


def package_version(package: str) -> str | None:
    """The version of an installed package, or none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
