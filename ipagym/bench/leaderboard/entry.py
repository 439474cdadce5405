"""Entries: one agent's results on a suite, in a file that others can check.

A zip archive with `entry.json` (what was run, with what, and every figure), `entry.sha256` (its hash), `suite.json`,
and the episodes of every task as comparisons keep them.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pydantic import Field

import ipagym
from ipagym.bench.comparison.compare import compare
from ipagym.bench.comparison.results import Comparison
from ipagym.bench.comparison.summary import episode_metrics
from ipagym.bench.leaderboard.run import plan_of
from ipagym.bench.leaderboard.schema import Label
from ipagym.bench.leaderboard.searched import search_all
from ipagym.bench.leaderboard.suite import Group, Suite, suits
from ipagym.bench.storage.code_mark import package_mark
from ipagym.bench.storage.store import Store, Stored
from ipagym.profiles.schema import Name, Strict
from ipagym.system.errors import InputError, IpagymError
from ipagym.system.files import write_atomically
from ipagym.system.progress import counted

MANIFEST, SEAL, SUITE = "entry.json", "entry.sha256", "suite.json"
FORMAT = 1

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Figures = dict[str, float | None]
"""The figures of an episode by name; none stands for what is not a number."""


class EntryFile(Strict):
    """`entry.json`. `package` is the mark of ipagym's code, `fingerprints` those of the agent by task, `files` the
    hashes of all other members, `figures` those of each task and seed, `hashes` those of the fields themselves.
    """

    format: Annotated[int, Field(ge=1)]
    agent: Name
    asked: Annotated[str, Field(min_length=1, max_length=1000)]
    suite: Name
    suite_digest: Name
    seeds: list[int]
    ipagym: Name
    package: Name
    fingerprints: dict[Name, str]
    python: Name
    packages: dict[Name, str | None]
    platform: Name
    cores: int
    made_at: Name
    files: dict[Name, Hash]
    figures: dict[Name, dict[str, Figures]]
    hashes: dict[Label, Hash]


@dataclass(frozen=True, slots=True)
class Asked:
    """An agent under the name that it has in tables."""

    name: str
    text: str


def submit(suite: Suite, asked: Asked, *, work: Path, out: Path, workers: int) -> EntryFile:
    """Run the agent on every task of the suite that it suits, in the folder `work`, and write the entry to `out`.

    Raises:
        InputError: the agent cannot be made, or suits no task.
        IpagymError: it failed.
    """
    groups = [replace(group, agents={asked.name: asked.text}) for group in suite.groups
              if suits(asked.text, group.scenario)]  # fmt: skip
    if not groups:
        raise InputError(f"{asked.text} suits no task of {suite.name}")
    found = _run(suite, groups, work, workers)
    for name, each in found.items():
        if reason := each.manifest.failed.get(asked.name):
            raise IpagymError(f"no entry is written: {asked.name} failed on {name}: {reason}")
    members = _members(suite, groups, found, asked)
    manifest = _manifest(suite, found, asked, members)
    write_atomically(out, _zipped(manifest, members))
    return manifest


def hashes_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """A hash for each field of a manifest but the hashes."""
    return {name: sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
            for name, value in fields.items() if name != "hashes"}  # fmt: skip


def figures_of(stored: Stored) -> Figures:
    """The figures of an episode that its windows alone determine."""
    found = episode_metrics(stored.frame, stored.decision_s)
    return {name: None if value != value else value for name, value in found.items()}


def stored_in(folder: Path, group: Group, who: tuple[str, str], seeds: Sequence[int]) -> dict[int, Stored | None]:
    """The episodes in a folder of results by seed; `who` is the agent and its fingerprint."""
    store = Store(folder / group.name, group.scenario)
    return {seed: store.find(who[0], seed, who[1]) for seed in seeds}


def paths_of(group: Group, agent: str, seeds: Sequence[int]) -> list[str]:
    """The members of an entry that hold the episodes of a task."""
    store = Store(Path(group.name), group.scenario)
    windows = [store.path(agent, seed) for seed in seeds]
    return [path.as_posix() for each in windows for path in (each, each.with_suffix(".timings.json"))]


def _run(suite: Suite, groups: Sequence[Group], work: Path, workers: int) -> dict[str, Comparison]:
    with counted("searches") as told:
        search_all(groups, max(1, min(workers, os.cpu_count() or 1)), told)
    found = {}
    for group in groups:
        with counted(group.name) as told:
            found[group.name] = compare(plan_of(suite, group, work), workers=workers, tick=told)
    return found


def _members(suite: Suite, groups: Sequence[Group], found: Mapping[str, Comparison], asked: Asked) -> dict[str, bytes]:
    written = json.dumps(suite.file.model_dump(mode="json", exclude_unset=True), indent=2) + "\n"
    folders = {group.name: found[group.name].out.parent for group in groups}
    paths = [(folders[group.name], path) for group in groups for path in paths_of(group, asked.name, suite.seeds)]
    return {SUITE: written.encode()} | {path: (folder / path).read_bytes() for folder, path in paths}


def _manifest(suite: Suite, found: Mapping[str, Comparison], asked: Asked, members: Mapping[str, bytes]) -> EntryFile:
    first = next(iter(found.values())).manifest
    marks = {name: each.manifest.fingerprints[asked.name] for name, each in found.items()}
    fields: dict[str, Any] = {
        "format": FORMAT,
        "agent": asked.name,
        "asked": asked.text,
        "suite": suite.name,
        "suite_digest": suite.digest,
        "seeds": list(suite.seeds),
        "ipagym": ipagym.__version__,
        "package": package_mark(),
        "fingerprints": marks,
        "python": first.python,
        "packages": first.packages,
        "platform": platform.platform(),
        "cores": os.cpu_count() or 1,
        "made_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "files": {name: sha256(content).hexdigest() for name, content in members.items()},
        "figures": {name: _figures(suite, each, asked.name) for name, each in found.items()},
    }
    written = EntryFile.model_validate(fields | {"hashes": {}})
    return written.model_copy(update={"hashes": hashes_of(written.model_dump(mode="json"))})


def _figures(suite: Suite, found: Comparison, agent: str) -> dict[str, Figures]:
    """Figures by seed, of one task."""
    group = next(each for each in suite.groups if each.name == found.out.name)
    who = agent, found.manifest.fingerprints[agent]
    episodes = stored_in(found.out.parent, group, who, suite.seeds)
    return {str(seed): figures_of(stored) for seed, stored in episodes.items() if stored is not None}


def _zipped(manifest: EntryFile, members: Mapping[str, bytes]) -> bytes:
    """The archive; equal contents give equal bytes."""
    text = (json.dumps(manifest.model_dump(mode="json"), indent=1) + "\n").encode()
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, content in {MANIFEST: text, SEAL: sha256(text).hexdigest().encode(), **members}.items():
            archive.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return buffer.getvalue()
