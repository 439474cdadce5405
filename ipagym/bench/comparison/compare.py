"""Comparison of agents: every agent on every seed, resumable, with identical requests."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from ipagym.bench.bound.bound import bound, demand_of
from ipagym.bench.comparison.described import write_readme
from ipagym.bench.comparison.executors import Executor, Processes
from ipagym.bench.comparison.jobs import Job, usual_fence
from ipagym.bench.comparison.results import EPISODES, SUMMARY, TIMELINE, TIMINGS, WINDOWS, Comparison
from ipagym.bench.comparison.running import Progress, Work, Workplace, run_all
from ipagym.bench.comparison.summary import BOUND, CLAIRVOYANT, episode_metrics, episodes_frame, summarise
from ipagym.bench.comparison.timeline import png_bytes
from ipagym.bench.storage.claim import claimed
from ipagym.bench.storage.code_mark import code_mark
from ipagym.bench.storage.manifest import Manifest, check_folder, check_kept, make_manifest, write_manifest
from ipagym.bench.storage.store import Store, Stored
from ipagym.bench.storage.table import parquet_bytes, timings_frame, windows_frame
from ipagym.cluster.protocol import Cluster
from ipagym.model.agent import Agent
from ipagym.system.errors import InputError, IpagymError
from ipagym.system.fence import Fence
from ipagym.system.files import remove_leftovers, write_atomically
from ipagym.system.processes import check_main_guard
from ipagym.system.progress import Tick, counted
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is compared: the agents on the seeds of a scenario, with the results in `out`.

    `fingerprints` identify the version of an agent beside its code, so that episodes of an older version are run again;
    `keeps` has the knobs that an agent does not change, for the summary. `isolated` agents run in separate worker
    processes for any number of workers; `fence` has the limits of these. `backend` is the name of the clusters of
    `make_cluster`, for the manifest.

    Raises:
        InputError: no agent or seed, or a seed twice or negative.
    """

    scenario: Scenario
    agents: Mapping[str, Callable[[], Agent]]
    seeds: Sequence[int]
    out: Path
    make_cluster: Callable[[Scenario], Cluster]
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    keeps: Mapping[str, str] | None = None
    isolated: Collection[str] = ()
    fence: Fence | None = None
    backend: str | None = None

    def __post_init__(self) -> None:
        if not self.agents:
            raise InputError("no agent to compare: name at least one")
        if not self.seeds:
            raise InputError("no seed to run: give at least one")
        if len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise InputError(f"seeds must be distinct and 0 or more, not {list(self.seeds)}")


def compare(plan: Plan, *, workers: int = 1, executor: Executor | None = None, tick: Tick | None = None) -> Comparison:
    """Run every agent on every seed and write tables, figure and manifest into the plan's folder.

    The clairvoyant runs last and learns from the configurations that the others requested on the same seed. Finished
    episodes of the same scenario and the same code are not run again; those of the clairvoyant only if it learnt from
    the same courses. With more than one worker, episodes run in processes (then the factories must be picklable); an
    `executor` runs all episodes instead. The results are the same. An agent that fails loses only its own episodes: it
    is left out of the tables, the manifest has the reason, and the next call tries it again. `tick` is called with the
    progress; without it there is a progress bar.

    Raises:
        InputError: the folder holds results of another scenario, of agents or on seeds beyond these; or no agent
            finished; or a script without `if __name__ == "__main__":` has several `workers`. While another comparison
            writes into the folder, this one waits.
    """
    with counted("episodes") if tick is None else nullcontext(tick) as told:
        return compare_all([plan], workers=workers, executor=executor, tick=told)[0]


def compare_all(plans: Sequence[Plan], *, workers: int, executor: Executor | None, tick: Tick) -> list[Comparison]:
    """Several comparisons, as `compare` makes each. The clairvoyant runs last, in all of them together.

    Raises:
        InputError: as `compare`, or there are no workers.
    """
    check_main_guard()
    if workers < 1:
        raise InputError(f"workers must be at least 1, not {workers}")
    for plan in plans:
        check_folder(plan.out, plan.scenario)
    runs = executor or Processes(workers)
    with ExitStack() as claims:
        for plan in plans:
            claims.enter_context(claimed(plan.out))
        begun = [_begun(plan) for plan in plans]
        stays = executor is None and workers == 1
        works = [_work(plan, each, runs, stays=stays) for plan, each in zip(plans, begun, strict=True)]
        run_all(works, tick)
        return [_ended(plan, work, manifest) for plan, work, manifest in zip(plans, works, begun, strict=True)]


def _begun(plan: Plan) -> Manifest:
    """The manifest of the plan, written into its folder."""
    check_kept(plan.out, plan.agents, plan.seeds)
    marks = marks_of(plan.agents, plan.fingerprints)
    manifest = make_manifest(plan.scenario, marks, plan.seeds, None, backend=plan.backend)
    write_manifest(plan.out, manifest)
    remove_leftovers(plan.out)
    return manifest


def _work(plan: Plan, begun: Manifest, executor: Executor, *, stays: bool) -> Work:
    marks = begun.fingerprints
    jobs = [
        Job(agent=name, seed=seed, make_agent=make, make_cluster=plan.make_cluster, fingerprint=marks[name])
        for seed in plan.seeds
        for name, make in plan.agents.items()
    ]
    place = Workplace(
        store=Store(plan.out, plan.scenario),
        executor=executor,
        stays=stays,
        fence=plan.fence or usual_fence(plan.scenario),
        isolated=plan.isolated,
    )
    return Work(jobs=jobs, place=place)


def _ended(plan: Plan, work: Work, begun: Manifest) -> Comparison:
    ended = replace(begun, failed=work.progress.reasons())
    write_manifest(plan.out, ended)
    return _written(_results(work.place.store, work.progress, ended, plan.keeps))


def marks_of(agents: Mapping[str, Callable[[], Agent]], fingerprints: Mapping[str, str]) -> dict[str, str]:
    """The version of each agent: the mark of its code, and the fingerprint of what is behind it, if it has one."""
    return {name: f"{code_mark(make)} {fingerprints.get(name, '')}".strip() for name, make in agents.items()}


def check_same_requests(episodes: Mapping[str, Stored]) -> None:
    """Make sure that all agents of one seed met the same arrivals in every second.

    Raises:
        IpagymError: they did not, so a comparison would be meaningless.
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


def _results(store: Store, progress: Progress, manifest: Manifest, keeps: Mapping[str, str] | None) -> Comparison:
    """The results of the agents that finished every episode.

    Raises:
        InputError: none did.
    """
    failed, seeds = manifest.failed, manifest.seeds
    episodes = {name: [progress.found[name, seed] for seed in seeds] for name in manifest.agents if name not in failed}
    if not episodes:
        raise InputError(f"no agent finished: {'; '.join(f'{name}: {why}' for name, why in failed.items())}")
    metrics = _metrics(store.scenario, episodes)
    every = [stored for stored_of_agent in episodes.values() for stored in stored_of_agent]
    return Comparison(
        summaries=summarise(metrics, keeps),
        episodes=episodes_frame(metrics, seeds),
        windows=windows_frame(stored.frame for stored in every),
        timings=timings_frame((stored.agent, stored.seed, stored.decision_s) for stored in every),
        manifest=manifest,
        out=store.folder,
    )


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
    write_readme(out, manifest)
    write_manifest(out, manifest)
    return replace(found, manifest=manifest)


def _bound(scenario: Scenario, stored: Stored) -> float:
    """The reward that no agent can exceed on the seed; the demand is the same in the episodes of all."""
    return bound(scenario, demand_of(stored.frame))
