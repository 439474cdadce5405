"""Reading and checking of an entry: every hash, and every figure against its windows."""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from pydantic import ValidationError

from ipagym.bench.leaderboard.entry import (
    FORMAT,
    MANIFEST,
    SEAL,
    SUITE,
    EntryFile,
    figures_of,
    hashes_of,
    paths_of,
    stored_in,
)
from ipagym.bench.leaderboard.suite import Group, Suite, load_suite, suite_names, suite_of
from ipagym.bench.storage.store import Stored
from ipagym.profiles.yaml_file import first_problem
from ipagym.system.errors import InputError
from ipagym.task.objective import RewardTerms

MOST_BYTES = 2**31
"""Of all members of an archive, unpacked."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Entry:
    """An entry whose hashes and figures hold; `stored` has its episodes by task and seed."""

    source: str
    manifest: EntryFile
    suite: Suite
    stored: dict[str, dict[int, Stored]]

    @property
    def cells(self) -> list[tuple[str, int]]:
        """Tasks and seeds."""
        return [(name, seed) for name, each in self.stored.items() for seed in each]


def read_entry(path: Path) -> Entry:
    """The entry in a file, after every hash is checked and every figure is recomputed from the windows.

    Raises:
        InputError: a hash or a figure is wrong; the message names it.
    """
    with _unpacked(path) as folder:
        manifest = _manifest(path, folder)
        suite = _suite(path, folder, manifest)
        groups = {group.name: group for group in suite.groups if group.name in manifest.fingerprints}
        _check_files(path, folder, manifest, list(groups.values()))
        stored = {name: _stored(path, folder, manifest, group) for name, group in groups.items()}
        for name, each in stored.items():
            for seed, episode in each.items():
                _check_windows(f"{path}: {name}, seed {seed}", episode, groups[name])
                _check_figures(f"{path}: {name}, seed {seed}", episode, manifest.figures.get(name, {}).get(str(seed)))
        return Entry(source=str(path), manifest=manifest, suite=suite, stored=stored)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    try:
        with ZipFile(path) as archive, TemporaryDirectory(prefix="ipagym-entry-") as folder:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise InputError(f"{path} unpacks to more than {MOST_BYTES} bytes")
            archive.extractall(folder)
            yield Path(folder)
    except (OSError, BadZipFile, NotImplementedError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(f"{path} is no entry: {reason}") from error


def _manifest(path: Path, folder: Path) -> EntryFile:
    text, seal = (_member(path, folder, name) for name in (MANIFEST, SEAL))
    try:
        content: Any = json.loads(text)
        manifest = EntryFile.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {MANIFEST}: {first_problem(error, EntryFile)}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: {MANIFEST} is no JSON: {error}") from error
    for name, found in hashes_of(content).items():
        if manifest.hashes.get(name) != found:
            raise InputError(f"{path}: {MANIFEST}: {name} is not as it was written")
    if seal.decode(errors="replace").strip() != sha256(text).hexdigest():
        raise InputError(f"{path}: {MANIFEST} is not as it was written: {SEAL} has another hash")
    if manifest.format != FORMAT:
        raise InputError(f"{path}: {MANIFEST}: format {manifest.format} is not known here, {FORMAT} is")
    return manifest


def _suite(path: Path, folder: Path, manifest: EntryFile) -> Suite:
    suite = suite_of(json.loads(_hashed(path, folder, manifest, SUITE)), f"{path}: {SUITE}")
    here = load_suite(suite.name) if suite.name in suite_names() else suite
    for name, found in {f"{SUITE}": suite.digest, f"suite {suite.name} of this package": here.digest}.items():
        if found != manifest.suite_digest:
            raise InputError(f"{path}: suite_digest is {manifest.suite_digest}, that of {name} is {found}")
    if manifest.suite != suite.name:
        raise InputError(f"{path}: suite is {manifest.suite}, that of {SUITE} is {suite.name}")
    if manifest.seeds != list(suite.seeds):
        raise InputError(f"{path}: seeds are {manifest.seeds}, those of {suite.name} are {list(suite.seeds)}")
    return suite


def _check_files(path: Path, folder: Path, manifest: EntryFile, groups: Sequence[Group]) -> None:
    """Make sure that just the files are there that belong, as they were written."""
    if unknown := set(manifest.fingerprints) - {group.name for group in groups}:
        raise InputError(f"{path}: fingerprints: {min(unknown)} is no task of {manifest.suite}")
    belong = {SUITE, *(each for group in groups for each in paths_of(group, manifest.agent, manifest.seeds))}
    if wrong := belong ^ set(manifest.files):
        raise InputError(f"{path}: files: {min(wrong)} is {'missing' if min(wrong) in belong else 'none of an entry'}")
    for name in sorted(belong):
        _hashed(path, folder, manifest, name)


def _hashed(path: Path, folder: Path, manifest: EntryFile, name: str) -> bytes:
    content = _member(path, folder, name)
    if sha256(content).hexdigest() != manifest.files.get(name):
        raise InputError(f"{path}: {name} is not as it was written")
    return content


def _member(path: Path, folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {name} is missing") from error


def _stored(path: Path, folder: Path, manifest: EntryFile, group: Group) -> dict[int, Stored]:
    found = stored_in(folder, group, (manifest.agent, manifest.fingerprints[group.name]), manifest.seeds)
    for seed, stored in found.items():
        if stored is None:
            raise InputError(
                f"{path}: {group.name}, seed {seed}: the episode is not whole, or of another scenario or fingerprint"
            )
    return {seed: stored for seed, stored in found.items() if stored is not None}


def _check_windows(where: str, stored: Stored, group: Group) -> None:
    """Make sure that the figures of each window follow from its requests, and the reward from its terms."""
    frame, objective = stored.frame, group.scenario.objective
    latencies = [np.asarray(values, dtype=np.float64) for values in frame["latency_s"]]
    names = [str(name) for name in frame if str(name).startswith("reward_")]
    terms = [
        RewardTerms(**{name.removeprefix("reward_"): float(row[name]) for name in names})
        for row in frame[names].to_dict("records")
    ]
    expected: dict[str, list[Any]] = {
        "arrivals": [int(np.sum(values)) for values in frame["arrivals_per_s"]],
        "completed": [values.size for values in latencies],
        "latency_p99_s": [float(np.quantile(values, 0.99)) if values.size else 0.0 for values in latencies],
        "violation_rate": list(np.minimum(1.0, frame["violations"] / np.maximum(frame["arrivals"], 1))),
        "reward_violation": list(frame["violation_rate"]),
        "reward_cost": list(frame["cores"]),
        "reward": [float(objective.scalar(each)) for each in terms],
    }
    for column, values in expected.items():
        for window, (there, here) in enumerate(zip(frame[column], values, strict=True)):
            if there != here:
                raise InputError(
                    f"{where}: window {window}: {column} is {there}, and {here} by the window's own figures"
                )


def _check_figures(where: str, stored: Stored, there: dict[str, float | None] | None) -> None:
    here = figures_of(stored)
    for name, value in here.items():
        if there is None or there.get(name, math.nan) != value:
            told = "missing" if there is None else there.get(name)
            raise InputError(f"{where}: {name} is {told} in {MANIFEST}, and {value} by the windows")
