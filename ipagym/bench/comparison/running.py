"""Runs the missing episodes of a comparison; a failure of one agent does not affect the others."""

import logging
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from hashlib import sha256

from ipagym.bench.comparison.executors import Executor
from ipagym.bench.comparison.jobs import Cell, Job, run_fenced, run_job
from ipagym.bench.comparison.summary import CLAIRVOYANT
from ipagym.bench.storage.store import Packed, Store, Stored
from ipagym.bench.storage.targets import text_of
from ipagym.system.errors import IpagymError
from ipagym.system.fence import Fence
from ipagym.system.processes import Lost
from ipagym.system.progress import Tick

LOGGER = logging.getLogger("ipagym")

FENCES = [each.name for each in fields(Fence)]


@dataclass(slots=True)
class Progress:
    """The results of the cells so far: episodes, or the reasons of failures."""

    found: dict[Cell, Stored] = field(default_factory=dict)
    failed: dict[Cell, str] = field(default_factory=dict)

    def reasons(self) -> dict[str, str]:
        """The agents that failed on any seed, each with the first reason and the number of seeds."""
        cells: dict[str, list[int]] = {}
        for agent, seed in sorted(self.failed):
            cells.setdefault(agent, []).append(seed)
        return {agent: f"{self.failed[agent, seeds[0]]} ({_seeds(seeds)})" for agent, seeds in cells.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Workplace:
    """Where episodes run: by the executor within `fence`, or in this process where `stays` is true.

    Agents in `isolated` are run by the executor always, in processes of their own: so they cannot affect other agents.
    """

    store: Store
    executor: Executor
    stays: bool
    fence: Fence
    isolated: Collection[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """The episodes of a comparison, where they run, and what has become of them."""

    jobs: Sequence[Job]
    place: Workplace
    progress: Progress = field(default_factory=Progress)


Wave = Sequence[tuple[Work, Job]]
"""Episodes that do not wait for each other; either all of them are isolated, or none is."""


def run_all(works: Sequence[Work], tick: Tick) -> None:
    """All episodes of comparisons that have one executor, run where they are missing.

    Those of the clairvoyant come last, as it learns from the others: of all comparisons together, so that no worker
    waits at the end of each. `tick` is told how many are done of how many.
    """
    total, done = sum(len(work.jobs) for work in works), 0
    try:
        for work in works:
            for wave in _waves(work):
                for more in _run([(work, job) for job in wave]):
                    done += more
                    tick(done, total)
        for more in _run([(work, job) for work in works for job in _taught_jobs(work)]):
            done += more
            tick(done, total)
    except KeyboardInterrupt:
        folders = " and ".join(str(work.place.store.folder) for work in works)
        print(f"interrupted: {done} of {total} episodes are kept in {folders}; "
              "run the same command with this --out to go on", file=sys.stderr)  # fmt: skip
        raise


def _run(wave: Wave) -> Iterator[int]:
    """Run what is missing of a wave; yields how many episodes more are done, first those that were there."""
    missing = [(work, job) for work, job in wave if work.place.store.find(job.agent, job.seed, job.fingerprint) is None]
    yield len(wave) - len(missing)
    for work, job, outcome in _outcomes(missing):
        if isinstance(outcome, Packed):
            work.place.store.write(outcome)
        else:
            _note(job, outcome.reason if isinstance(outcome, Lost) else outcome, work.progress)
        yield 1
    for work, job in wave:
        if job.cell not in work.progress.failed:
            work.progress.found[job.cell] = _found(job, work.place.store)


def _outcomes(wave: Wave) -> Iterator[tuple[Work, Job, Packed | str | Lost]]:
    """The episodes as they finish; those of several comparisons are within the widest of their fences."""
    if not wave:
        return
    (first, job), places = wave[0], [work.place for work, _ in wave]
    if first.place.stays and job.agent not in first.place.isolated:
        yield from ((work, job, run_job(job, work.place.store)) for work, job in wave)
        return
    widest = Fence(**{name: max(getattr(place.fence, name) for place in places) for name in FENCES})
    tasks = [partial(run_fenced, job, work.place.store, work.place.fence.decision_s) for work, job in wave]
    for number, outcome in first.place.executor.run(tasks, widest):
        yield *wave[number], outcome


def _note(job: Job, reason: str, progress: Progress) -> None:
    LOGGER.warning("%s failed on seed %s, and the others go on: %s", job.agent, job.seed, reason)
    progress.failed[job.cell] = reason


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" + (f" and {len(seeds) - 1} more" if len(seeds) > 1 else "")


def _found(job: Job, store: Store) -> Stored:
    stored = store.find(job.agent, job.seed, job.fingerprint)
    if stored is None:
        raise IpagymError(f"{store.path(job.agent, job.seed)} was written and cannot be read: is the disk at fault?")
    return stored


def _waves(work: Work) -> Iterator[list[Job]]:
    """All but the clairvoyant's."""
    isolated = work.place.isolated
    yield [job for job in work.jobs if job.agent != CLAIRVOYANT and job.agent not in isolated]
    for agent in dict.fromkeys(job.agent for job in work.jobs if job.agent in isolated):
        yield [job for job in work.jobs if job.agent == agent]


def _taught_jobs(work: Work) -> list[Job]:
    """The clairvoyant's, when the others have run."""
    failed = {agent for agent, _ in work.progress.failed}
    teachers = {cell: stored for cell, stored in work.progress.found.items() if stored.agent not in failed}
    return [_taught(job, teachers) for job in work.jobs if job.agent == CLAIRVOYANT]


def _taught(job: Job, teachers: Mapping[Cell, Stored]) -> Job:
    """The job with the courses that the others took on its seed, in an order that depends on these alone."""
    others = {stored.asked for stored in teachers.values() if stored.seed == job.seed}
    texts = {"".join(map(text_of, asked)): asked for asked in others}
    digest = sha256("\n".join(sorted(texts)).encode()).hexdigest()
    courses = tuple(texts[text] for text in sorted(texts))
    return replace(job, courses=courses, fingerprint=f"{job.fingerprint} {digest}")
