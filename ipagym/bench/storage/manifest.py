"""The record of a run: its inputs, and the hash of its result."""

import json
import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from typing import Any

import ipagym
from ipagym.bench.storage.versions import git_commit, package_versions
from ipagym.system.command_line import command_line
from ipagym.system.errors import InputError
from ipagym.system.files import make_folder, write_atomically
from ipagym.task.scenario import Scenario
from ipagym.task.splits import splits_of
from ipagym.task.workload_line import workload_line
from ipagym.workload.network import Network
from ipagym.workload.origin import digest_of, origin_of, source_of

FILE_NAME = "manifest.json"
MAX_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """The provenance of a comparison; `windows_sha256` is none until the comparison is complete.

    `fingerprints` name the version of each agent: its code, and the file behind it. `workload_file` is there for loads
    that were read from one: its name and hash, how it was read, its rows, and the load's length, mean and peak.
    `failed` has the agents that did not finish every episode, with the reason; they are in no table. `command` is the
    command line behind it, none where Python called; no hash depends on it. `load_origin` says whether the load was
    generated or what it was read or cut from, `load_digest` is the hash of recorded rates, none where they are
    generated. `objective` and `faults` have every weight and rate; of the link before the cluster, `network` has the
    size of requests and the process, or the name and hash of the file. What is none in a manifest of before 0.2 was not
    recorded.
    """

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
    fingerprints: dict[str, str]
    windows_sha256: str | None = None
    workload_file: dict[str, str | float] | None = None
    splits: dict[str, list[int]] | None = None
    failed: dict[str, str] = field(default_factory=dict)
    command: str | None = None
    backend: str | None = None
    load_origin: str | None = None
    load_digest: str | None = None
    objective: dict[str, float] | None = None
    faults: dict[str, float] | None = None
    network: dict[str, str | float] | None = None


def make_manifest(
    scenario: Scenario,
    fingerprints: Mapping[str, str],
    seeds: Sequence[int],
    windows: bytes | None,
    *,
    backend: str | None = None,
) -> Manifest:
    """The manifest of a comparison of the agents that have fingerprints; `windows` is the content of its table of
    windows, `backend` the name of what served.
    """
    source = source_of(scenario.workload)
    return Manifest(
        ipagym=ipagym.__version__,
        python=platform.python_version(),
        packages=package_versions(),
        platform=platform.platform(),
        git_commit=git_commit(Path(ipagym.__file__).parent),
        scenario_hash=scenario.digest(),
        pipeline=scenario.pipeline.name,
        workload=scenario.workload.name,
        load=workload_line(scenario),
        slo_s=scenario.pipeline.slo_s,
        interval_s=scenario.interval_s,
        duration_s=scenario.workload.duration_s,
        agents=list(fingerprints),
        seeds=list(seeds),
        fingerprints=dict(fingerprints),
        windows_sha256=None if windows is None else sha256(windows).hexdigest(),
        workload_file=None if source is None else asdict(source),
        splits=splits_of(seeds),
        command=command_line(),
        backend=backend,
        load_origin=origin_of(scenario.workload),
        load_digest=digest_of(scenario.workload),
        objective=asdict(scenario.objective),
        faults=asdict(scenario.physics.faults),
        network=None if scenario.network is None else _link(scenario.network),
    )


def _link(network: Network) -> dict[str, str | float]:
    """The link without the seconds of a measured one, whose hash stands for them; a user's own may be any object."""
    fields: dict[str, Any] = asdict(network.bandwidth) if is_dataclass(network.bandwidth) else {}
    told = {name: value for name, value in fields.items() if isinstance(value, str | int | float)}
    return {"kind": type(network.bandwidth).__name__, "payload_bytes": network.payload_bytes, **told}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into `folder`, atomically."""
    write_atomically(folder / FILE_NAME, (json.dumps(asdict(manifest), indent=2) + "\n").encode())


def read_manifest(folder: Path) -> Manifest:
    """The manifest in the folder.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not a manifest.
    """
    try:
        read = Manifest(**_content(folder / FILE_NAME))
        return replace(read, slo_s=float(read.slo_s), seeds=list(map(int, read.seeds)))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{FILE_NAME} is not a manifest of ipagym") from error


def check_folder(folder: Path, scenario: Scenario) -> None:
    """Make the folder, or refuse one that holds the results of another scenario.

    Raises:
        InputError: it does, or its manifest cannot be read, or it cannot be made.
    """
    make_folder(folder)
    found = _read(folder)
    if found is not None and found.scenario_hash != scenario.digest():
        raise InputError(
            f"{folder} holds results of scenario {found.scenario_hash}, not {scenario.digest()}: choose another --out"
        )


def check_kept(folder: Path, agents: Collection[str], seeds: Collection[int]) -> None:
    """Refuse a folder with results of agents or on seeds that the new ones would no longer have.

    Raises:
        InputError: it holds such.
    """
    found = _read(folder)
    if found is None:
        return
    lost = [*(set(found.fingerprints) - set(agents)), *(f"seed {seed}" for seed in set(found.seeds) - set(seeds))]
    if lost:
        raise InputError(
            f"{folder} also holds results of {', '.join(sorted(lost)[:5])}: choose another --out, or ask for these too"
        )


def free_folder(base: Path, scenario: Scenario, fingerprints: Mapping[str, str], seeds: Collection[int]) -> Path:
    """The first of `base`, `base-2`, `base-3` and so on that is free, or holds results that such a comparison only adds
    to: of the same versions of agents, on seeds that are among these.
    """
    names = (base.with_name(f"{base.name}-{number}") for number in count(2))
    return next(folder for folder in chain([base], names) if _is_free(folder, scenario, fingerprints, seeds))


def _is_free(folder: Path, scenario: Scenario, fingerprints: Mapping[str, str], seeds: Collection[int]) -> bool:
    try:
        found = _read(folder)
    except InputError:  # something else is there
        return False
    if found is None:
        return True
    is_known = found.scenario_hash == scenario.digest() and set(found.seeds) <= set(seeds)
    return is_known and found.fingerprints.items() <= fingerprints.items()


@dataclass(frozen=True, slots=True)
class _Found:
    """The fields that tell comparisons apart; fingerprints are empty in manifests that have none."""

    scenario_hash: str
    seeds: list[int]
    fingerprints: dict[str, str]


def _read(folder: Path) -> _Found | None:
    """The content of the manifest in the folder, if there is one.

    Raises:
        InputError: it cannot be read.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    try:
        content = _content(path)
        marks = dict.fromkeys(content["agents"], "") | content.get("fingerprints", {})
        known = {str(agent): str(mark) for agent, mark in marks.items()}
        return _Found(str(content["scenario_hash"]), list(map(int, content["seeds"])), known)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(f"{path} is not a manifest of ipagym: choose another --out") from error


def _content(path: Path) -> Any:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    return json.loads(path.read_text(encoding="utf-8"))
