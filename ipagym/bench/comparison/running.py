"""The episodes of a comparison: run where they are missing, each agent's failures its own."""

import logging
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256

from ipagym.bench.comparison.jobs import Cell, Job, run_fenced, run_job
from ipagym.bench.comparison.summary import CLAIRVOYANT
from ipagym.bench.storage.store import Store, Stored
from ipagym.bench.storage.targets import text_of
from ipagym.system.errors import IpagymError
from ipagym.system.fence import Fence
from ipagym.system.processes import Lost, as_they_finish, fenced
from ipagym.system.progress import Tick

LOGGER = logging.getLogger("ipagym")


@dataclass(slots=True)
class Progress:
    """What has become of the cells so far: episodes, or the reason why there is none."""

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
    """Where episodes run: in so many worker processes within `fence`, or in this one where `workers` is 1.

    Agents in `isolated` run in worker processes of their own, whatever the number: what they do to a process does not
    reach the others.
    """

    store: Store
    workers: int
    fence: Fence
    isolated: Collection[str]

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, str | None]]:
        """The jobs, of which either all are isolated or none, as they finish, each with the reason where it failed."""
        workers = min(self.workers, os.cpu_count() or 1, len(jobs))
        if self.workers > 1 or any(job.agent in self.isolated for job in jobs):
            tasks = [partial(run_fenced, job, self.store, self.fence.decision_s) for job in jobs]
            for number, outcome in fenced(tasks, max(workers, 1), self.fence) if jobs else ():
                yield jobs[number], outcome.reason if isinstance(outcome, Lost) else outcome
        else:
            for number, reason in as_they_finish([partial(run_job, job, self.store) for job in jobs], 1):
                yield jobs[number], reason


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
