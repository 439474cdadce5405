"""Runs the missing episodes of a comparison; a failure of one agent does not affect the others."""

import logging
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, str | None]]:
        """The jobs, of which either all are isolated or none, as they finish, each with the reason where it failed."""
        for job, outcome in self._outcomes(jobs):
            if isinstance(outcome, Packed):
                self.store.write(outcome)
                yield job, None
            else:
                yield job, outcome.reason if isinstance(outcome, Lost) else outcome

    def _outcomes(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Packed | str | Lost]]:
        if self.stays and not any(job.agent in self.isolated for job in jobs):
            yield from ((job, run_job(job, self.store)) for job in jobs)
        elif jobs:
            tasks = [partial(run_fenced, job, self.store, self.fence.decision_s) for job in jobs]
            for number, outcome in self.executor.run(tasks, self.fence):
                yield jobs[number], outcome


def run_all(jobs: Sequence[Job], place: Workplace, tick: Tick) -> Progress:
    """All episodes, run where they are missing: the clairvoyant's last, so that it can learn from the others."""
    progress = Progress()
    done = 0
    try:
        for wave in _waves(jobs, place.isolated, progress):
            missing = [job for job in wave if place.store.find(job.agent, job.seed, job.fingerprint) is None]
            done += len(wave) - len(missing)
            tick(done, len(jobs))
            for job, reason in place.run(missing):
                done += 1
                tick(done, len(jobs))
                _note(job, reason, progress)
            progress.found |= {job.cell: _found(job, place.store) for job in wave if job.cell not in progress.failed}
    except KeyboardInterrupt:
        print(f"interrupted: {done} of {len(jobs)} episodes are kept in {place.store.folder}; "
              "run the same command with this --out to go on", file=sys.stderr)  # fmt: skip
        raise
    return progress


def _note(job: Job, reason: str | None, progress: Progress) -> None:
    if reason is not None:
        LOGGER.warning("%s failed on seed %s, and the others go on: %s", job.agent, job.seed, reason)
        progress.failed[job.cell] = reason


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" + (f" and {len(seeds) - 1} more" if len(seeds) > 1 else "")


def _found(job: Job, store: Store) -> Stored:
    stored = store.find(job.agent, job.seed, job.fingerprint)
    if stored is None:
        raise IpagymError(f"{store.path(job.agent, job.seed)} was written and cannot be read: is the disk at fault?")
    return stored


def _waves(jobs: Sequence[Job], isolated: Collection[str], progress: Progress) -> Iterator[list[Job]]:
    yield [job for job in jobs if job.agent != CLAIRVOYANT and job.agent not in isolated]
    for agent in dict.fromkeys(job.agent for job in jobs if job.agent in isolated):
        yield [job for job in jobs if job.agent == agent]
    failed = {agent for agent, _ in progress.failed}
    teachers = {cell: stored for cell, stored in progress.found.items() if stored.agent not in failed}
    yield [_taught(job, teachers) for job in jobs if job.agent == CLAIRVOYANT]


def _taught(job: Job, teachers: Mapping[Cell, Stored]) -> Job:
    """The job with the courses that the others took on its seed, in an order that depends on these alone."""
    others = {stored.asked for stored in teachers.values() if stored.seed == job.seed}
    texts = {"".join(map(text_of, asked)): asked for asked in others}
    digest = sha256("\n".join(sorted(texts)).encode()).hexdigest()
    courses = tuple(texts[text] for text in sorted(texts))
    return replace(job, courses=courses, fingerprint=f"{job.fingerprint} {digest}")
