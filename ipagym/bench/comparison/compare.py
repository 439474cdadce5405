"""Agents side by side: every agent on every seed, resumable, with identical requests."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np

from ipagym.bench.bound.bound import bound, demand_of
from ipagym.bench.comparison.results import EPISODES, SUMMARY, TIMELINE, TIMINGS, WINDOWS, Comparison
from ipagym.bench.comparison.summary import BOUND, CLAIRVOYANT, episode_metrics, episodes_frame, summarise
from ipagym.bench.comparison.timeline import png_bytes
from ipagym.bench.episode import run_episode
from ipagym.bench.storage.claim import claimed
from ipagym.bench.storage.code_mark import code_mark
from ipagym.bench.storage.manifest import check_folder, check_kept, make_manifest, write_manifest
from ipagym.bench.storage.store import Store, Stored
from ipagym.bench.storage.table import parquet_bytes, timings_frame, windows_frame
from ipagym.bench.storage.targets import text_of
from ipagym.cluster.protocol import Cluster
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration
from ipagym.system.errors import InputError, IpagymError
from ipagym.system.files import remove_leftovers, write_atomically
from ipagym.system.processes import as_they_finish
from ipagym.system.progress import progress_bar
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One episode to run; `fingerprint` changes when the agent behind the name does, or the courses that it learns from
    (what others asked for on the same seed).
    """

    agent: str
    seed: int
    make_agent: Callable[[], Agent]
    make_cluster: Callable[[Scenario], Cluster]
    fingerprint: str
    courses: tuple[tuple[Configuration, ...], ...] = ()


def compare(
    scenario: Scenario,
    agents: Mapping[str, Callable[[], Agent]],
    *,
    seeds: Sequence[int],
    out: Path,
    make_cluster: Callable[[Scenario], Cluster],
    workers: int = 1,
    fingerprints: Mapping[str, str] | None = None,
    keeps: Mapping[str, str] | None = None,
) -> Comparison:
    """Run every agent on every seed and write tables, figure and manifest into `out`.

    The clairvoyant comes last, and learns from what the others asked for on the same seed. Finished episodes of the
    same scenario and the same code are not run again, the clairvoyant's only where it learnt from the same. More than
    one of `workers` means processes (then the factories must be picklable); the results are the same. `fingerprints`
    name the version of what is behind an agent beside its code, so that episodes of an older one are run again; `keeps`
    has the knobs that an agent leaves alone, for the summary.

    Raises:
        InputError: no agent or seed, a seed twice or negative, or `out` holds results of another scenario, of agents or
            on seeds beyond these. While another comparison writes into it, this one waits.
    """
    _check(agents, seeds, workers)
    check_folder(out, scenario)
    with claimed(out):
        check_kept(out, agents, seeds)
        marks = marks_of(agents, fingerprints or {})
        begun = make_manifest(scenario, marks, seeds, None)
        write_manifest(out, begun)
        store = Store(out, scenario)
        jobs = [
            Job(agent=name, seed=seed, make_agent=make, make_cluster=make_cluster, fingerprint=marks[name])
            for seed in seeds
            for name, make in agents.items()
        ]
        remove_leftovers(out)
        stored_by = _run(jobs, store, workers)
        episodes = {name: [stored_by[name, seed] for seed in seeds] for name in agents}
        metrics = _metrics(scenario, episodes)
        every = [stored for stored_of_agent in episodes.values() for stored in stored_of_agent]
        found = Comparison(
            summaries=summarise(metrics, keeps),
            episodes=episodes_frame(metrics, seeds),
            windows=windows_frame(stored.frame for stored in every),
            timings=timings_frame((stored.agent, stored.seed, stored.decision_s) for stored in every),
            manifest=begun,
            out=out,
        )
        return _written(found)


def marks_of(agents: Mapping[str, Callable[[], Agent]], fingerprints: Mapping[str, str]) -> dict[str, str]:
    """The version of each agent: the mark of its code, and the fingerprint of what is behind it, if it has one."""
    return {name: f"{code_mark(make)} {fingerprints.get(name, '')}".strip() for name, make in agents.items()}


def check_same_requests(episodes: Mapping[str, Stored]) -> None:
    """Make sure that all agents of one seed met the same arrivals in every second.

    Raises:
        IpagymError: they did not, and comparing them would mean nothing.
    """
    names = list(episodes)
    reference = episodes[names[0]].frame["arrivals_per_s"]
    for name in names[1:]:
        pairs = zip(reference, episodes[name].frame["arrivals_per_s"], strict=True)
        for window, (expected, found) in enumerate(pairs):
            if not np.array_equal(expected, found):
                raise IpagymError(
                    f"{names[0]} and {name} met different requests in window {window} of seed {episodes[name].seed}"
                )


def _check(agents: Mapping[str, object], seeds: Sequence[int], workers: int) -> None:
    if not agents:
        raise InputError("no agent to compare: name at least one")
    if not seeds:
        raise InputError("no seed to run: give at least one")
    if len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise InputError(f"seeds must be distinct and 0 or more, not {list(seeds)}")
    if workers < 1:
        raise InputError(f"workers must be at least 1, not {workers}")


def _found(job: Job, store: Store) -> Stored:
    stored = store.find(job.agent, job.seed, job.fingerprint)
    if stored is None:
        raise IpagymError(f"{store.path(job.agent, job.seed)} was written and cannot be read: is the disk at fault?")
    return stored


def _run(jobs: Sequence[Job], store: Store, workers: int) -> dict[tuple[str, int], Stored]:
    """All episodes, run where they are missing: those of the others first, so that the clairvoyant can learn."""
    found: dict[tuple[str, int], Stored] = {}
    done = 0
    try:
        with progress_bar() as progress:
            task = progress.add_task("episodes", total=len(jobs), completed=0)
            for wave in _waves(jobs, found):
                missing = [job for job in wave if store.find(job.agent, job.seed, job.fingerprint) is None]
                done += len(wave) - len(missing)
                progress.update(task, completed=done)
                tasks = [partial(run_job, job, store) for job in missing]
                for _ in as_they_finish(tasks, min(workers, os.cpu_count() or 1, len(tasks))):
                    done += 1
                    progress.update(task, completed=done)
                found |= {(job.agent, job.seed): _found(job, store) for job in wave}
    except KeyboardInterrupt:
        print(f"interrupted: {done} of {len(jobs)} episodes are kept in {store.folder}; "
              "run the same command with this --out to go on", file=sys.stderr)  # fmt: skip
        raise
    return found


def _waves(jobs: Sequence[Job], found: Mapping[tuple[str, int], Stored]) -> Iterator[list[Job]]:
    yield [job for job in jobs if job.agent != CLAIRVOYANT]
    yield [_taught(job, found) for job in jobs if job.agent == CLAIRVOYANT]


def _taught(job: Job, found: Mapping[tuple[str, int], Stored]) -> Job:
    """The job with the courses that the others took on its seed, in an order that depends on these alone."""
    others = {stored.asked for stored in found.values() if stored.seed == job.seed}
    texts = {"".join(map(text_of, asked)): asked for asked in others}
    digest = sha256("\n".join(sorted(texts)).encode()).hexdigest()
    courses = tuple(texts[text] for text in sorted(texts))
    return replace(job, courses=courses, fingerprint=f"{job.fingerprint} {digest}")


def run_job(job: Job, store: Store) -> None:
    """Run one episode and save it."""
    cluster = job.make_cluster(store.scenario)
    try:
        episode = run_episode(job.make_agent(), cluster, store.scenario, job.seed, name=job.agent, courses=job.courses)
    finally:
        cluster.close()
    store.save(episode, job.fingerprint)


def _metrics(scenario: Scenario, episodes: Mapping[str, Sequence[Stored]]) -> Mapping[str, list[dict[str, float]]]:
    """The figures of every episode, with the bound where the clairvoyant ran."""
    for same_seed in zip(*episodes.values(), strict=True):
        check_same_requests({stored.agent: stored for stored in same_seed})
    bounds = [_bound(scenario, stored) for stored in episodes.get(CLAIRVOYANT, ())]
    metrics = {agent: [episode_metrics(s.frame, s.decision_s) for s in stored] for agent, stored in episodes.items()}
    for each in metrics.values() if bounds else ():
        for episode, most in zip(each, bounds, strict=True):
            episode[BOUND.key] = most
    return metrics


def _written(found: Comparison) -> Comparison:
    """The comparison, after its files are written, the manifest that calls it complete as the last of them."""
    out, content = found.out, parquet_bytes(found.windows)
    manifest = replace(found.manifest, windows_sha256=sha256(content).hexdigest())
    write_atomically(out / WINDOWS, content)
    write_atomically(out / EPISODES, parquet_bytes(found.episodes))
    write_atomically(out / TIMINGS, parquet_bytes(found.timings))
    write_atomically(out / SUMMARY, found.summary.to_csv(index=False).encode())
    write_atomically(out / TIMELINE, png_bytes(found.timeline()))
    write_manifest(out, manifest)
    return replace(found, manifest=manifest)


def _bound(scenario: Scenario, stored: Stored) -> float:
    """The reward that no agent can exceed on the seed; the demand is the same in the episodes of all."""
    return bound(scenario, demand_of(stored.frame))
