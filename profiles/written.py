"""A measured profile as the text of a profile file."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from textwrap import wrap
from typing import Any

import yaml

from ipagym.profiles.schema import ProfileFile

PACKAGES = ("onnxruntime", "onnx", "scikit-learn", "numpy")


def profile_text(fields: Mapping[str, Any]) -> str:
    """The file, with the measurement's place and date at its head.

    Raises:
        ValidationError: the fields are no profile.
    """
    ProfileFile.model_validate(dict(fields))
    head = "".join(f"# {line}\n" for line in wrap(_provenance(), 118))
    body = yaml.dump(dict(fields), Dumper=_Plain, sort_keys=False, default_flow_style=None, width=120)
    return head + body


class _Plain(yaml.SafeDumper):
    """Writes a value as often as it stands there: profile files have no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _provenance() -> str:
    known = (f"{name} {number}" for name in PACKAGES if (number := _version(name)))
    return (
        f"Measured by `ipagym profile` on {datetime.now(UTC):%Y-%m-%d}: {_processor()}, {os.cpu_count()} cores, load "
        f"average {os.getloadavg()[0]:.2f} at the end, Python {platform.python_version()}, {', '.join(known)}. Service "
        "times are those of one replica that rests as long as it works, as the sender of a batch sees them; load_s is "
        "the mean time from a start to readiness. Accuracy by combination is end to end, on labelled inputs; that of a "
        "variant is such that products over stages come nearest to it (least squares in logarithms)."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # systems without it have a name of their own
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
