"""What was run, with what, and how to recognise its result."""

import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import ipagym
from ipagym.bench.load import load_of
from ipagym.errors import InputError
from ipagym.files import make_folder, write_atomically
from ipagym.scenario import Scenario

PACKAGES = ("numpy", "pandas", "pyarrow", "simpy", "mip", "gymnasium")
FILE_NAME = "manifest.json"
MAX_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """The provenance of a comparison; `windows_sha256` is none until the comparison is complete."""

    ipagym: str
    python: str
    packages: dict[str, str | None]
    platform: str
    git_commit: str | None
    scenario_hash: str
    pipeline: str
    workload: str
    load: str
    slo_s: float
    interval_s: float
    duration_s: int
    agents: list[str]
    seeds: list[int]
    windows_sha256: str | None = None


def make_manifest(scenario: Scenario, agents: Sequence[str], seeds: Sequence[int], windows: bytes | None) -> Manifest:
    """The manifest of a comparison; `windows` is the content of its table of windows."""
    return Manifest(
        ipagym=ipagym.__version__,
        python=platform.python_version(),
        packages={name: _version(name) for name in PACKAGES},
        platform=platform.platform(),
        git_commit=git_commit(Path(ipagym.__file__).parent),
        scenario_hash=scenario.digest(),
        pipeline=scenario.pipeline.name,
        workload=scenario.workload.name,
        load=load_of(scenario),
        slo_s=scenario.pipeline.slo_s,
        interval_s=scenario.interval_s,
        duration_s=scenario.workload.duration_s,
        agents=list(agents),
        seeds=list(seeds),
        windows_sha256=None if windows is None else sha256(windows).hexdigest(),
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into `folder`, atomically."""
    write_atomically(folder / FILE_NAME, (json.dumps(asdict(manifest), indent=2) + "\n").encode())


def check_folder(folder: Path, scenario: Scenario) -> None:
    """Make the folder, or refuse one that holds the results of another scenario.

    Raises:
        InputError: it does, or its manifest cannot be read, or it cannot be made.
    """
    make_folder(folder)
    path = folder / FILE_NAME
    if not path.exists():
        return
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES} bytes")
        found = json.loads(path.read_text(encoding="utf-8"))["scenario_hash"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path} is not a manifest of ipagym: choose another --out") from error
    if found != scenario.digest():
        raise InputError(f"{folder} holds results of scenario {found}, not {scenario.digest()}: choose another --out")


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
