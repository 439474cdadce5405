"""The interface in Python: comparisons, sweeps and verification. The command line calls the same functions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ipagym.agents.contestants import AllGiven, Contestant, Origin, check_importable, check_sendable, contestants
from ipagym.bench.comparison.compare import Plan, marks_of
from ipagym.bench.comparison.compare import compare as run_comparison
from ipagym.bench.comparison.jobs import usual_fence
from ipagym.bench.comparison.on_ray import chosen
from ipagym.bench.comparison.results import Comparison
from ipagym.bench.storage.manifest import free_folder
from ipagym.bench.sweep.grid import Value, folder_name, points
from ipagym.bench.sweep.results import Sweep, begin, write_tables
from ipagym.cluster.backends import check_able, named_backend
from ipagym.cluster.protocol import Cluster
from ipagym.cluster.sim import ENGINES
from ipagym.envs.scenarios import make_scenario
from ipagym.envs.settings import scenario_with
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario
from ipagym.verification.effort import FAST, FULL
from ipagym.verification.run import Report
from ipagym.verification.run import verify as run_verification
from ipagym.workload import Workload, by_name
from ipagym.workload.rates import as_workload

Load = str | Workload | Sequence[float]
"""A workload, its name, or a list of rates, one per second."""


def compare(
    scenario: str | Path | Scenario,
    agents: AllGiven = None,
    *,
    workload: Load | None = None,
    seeds: int = 3,
    seed0: int = 0,
    out: str | Path | None = None,
    backend: str = "compiled",
    workers: int = 1,
    ray: str | None = None,
    title: str | None = None,
    decision_limit_s: float | None = None,
    memory_limit_gib: float | None = None,
) -> Comparison:
    """Compare agents, each on `seeds` seeds from `seed0` on, with identical requests.

    `scenario` is a name, the path of a YAML file, or an object; `workload` replaces its load. `agents` are names as on
    the command line, objects, or classes and functions that make an agent (called with no argument or with the
    scenario). The keys of a mapping are the agents' names; otherwise the name is that of the class. Objects are copied
    for every episode. Without `agents` the default agents are compared.

    Everything is written into `out`; episodes that are already there are not run again. Without `out`, it is a folder
    below `results` whose name begins with `title`, by default the scenario's name. With more than one worker, episodes
    run in separate processes: the agents must then be defined in modules, and a script needs `if __name__ ==
    "__main__":`.

    `backend` is one of `ipagym.cluster.backends`: live ones run in real time, one episode after another.

    An agent that fails is left out of the tables; `manifest.failed` of the result has the reason. Agents given by
    import path always run in separate processes, even with one worker; objects, classes and functions do so with more
    workers. There a decision may take `decision_limit_s` seconds of real time (default: ten intervals) and a process
    may use `memory_limit_gib` of memory. If an agent breaks its process, other agents are not affected.

    With `ray`, the episodes run on a Ray cluster: its address, or `local` for one of `workers` processes on this
    machine. Its machines need the same version of ipagym, the agents' modules, and the files that the arguments name.

    Raises:
        InputError: an argument cannot be used (checked before any episode runs), or no agent finished.
    """
    task, named = _scenario(scenario, workload)
    check_able(task, backend)
    taking_part = contestants(agents, task)
    if ray is not None:
        check_importable(taking_part)
    elif workers > 1:
        check_sendable(taking_part)
    make_cluster, place = _backend(task, backend, workers, ray)
    chosen_seeds = range(seed0, seed0 + seeds)
    plan = Plan(
        scenario=task,
        agents={each.name: each.make for each in taking_part},
        seeds=chosen_seeds,
        out=Path(out) if out is not None else _usual_folder(title or named, task, taking_part, chosen_seeds, place),
        make_cluster=make_cluster,
        fingerprints=_fingerprints(taking_part, place),
        keeps={each.name: each.keeps for each in taking_part},
        isolated=[each.name for each in taking_part if _is_isolated(each, workers > 1 or ray is not None)],
        fence=usual_fence(task, decision_limit_s, memory_limit_gib),
        backend=backend,
    )
    with chosen(ray, workers) as executor:
        return run_comparison(plan, workers=workers, executor=executor)


def _backend(task: Scenario, name: str, workers: int, ray: str | None) -> tuple[Callable[[Scenario], Cluster], str]:
    """The factory of clusters of that backend, and the backend's part in the names of results.

    Simulated results do not depend on the engine, so it has no part in the name; the name of a live backend has.

    Raises:
        InputError: the backend is unknown, cannot serve the scenario, or cannot run in several processes.
    """
    backend = named_backend(name)
    if not backend.abilities.real_time:
        # The engine compiles on its first use: that happens here, once for all worker processes.
        backend.make(task).advance(task.interval_s)
        return backend.make, ""
    if workers > 1 or ray is not None:
        asked = f"workers must be 1, not {workers}" if ray is None else "leave Ray out"
        raise InputError(f"episodes on {name} run one at a time, in real time: {asked}")
    backend.make(task).close()  # refuses a scenario that it cannot serve, before any episode
    return backend.make, f"on {name}"


def sweep(
    scenario: str | Path,
    agents: AllGiven = None,
    *,
    settings: Mapping[str, Sequence[Value]],
    out: str | Path,
    workload: Load | None = None,
    trace: str | Path | None = None,
    duration_s: int | None = None,
    seeds: int = 3,
    seed0: int = 0,
    workers: int = 1,
) -> Sweep:
    """Run a comparison for each combination of `settings`, such as `{"objective.alpha": [1, 2, 8]}`, on the same seeds.

    Settings are named like the fields of a scenario file: `slo_s`, `interval_s`, and those below `objective`, `limits`,
    `physics`, `telemetry`, `network` and `faults`. The other arguments are those of `compare`; `duration_s` keeps only
    the first seconds of the load, `trace` is the trace file that it is cut from. Each comparison has a folder below
    `out`, so that the same call, or one with more values, reuses the results that are there.

    Raises:
        InputError: an argument cannot be used (checked before any episode runs), or no agent finished in one of the
            comparisons.
    """
    folder, grid = Path(out), points(settings)
    whole = [scenario_with(str(scenario), point, load=workload, trace=trace) for point in grid]
    tasks = [task.opening(duration_s) for task in whole]
    for task in tasks:
        contestants(agents, task)
    begin(folder, str(scenario), settings)
    comparisons = tuple(
        compare(task, agents, seeds=seeds, seed0=seed0, out=folder / folder_name(point), workers=workers)
        for task, point in zip(tasks, grid, strict=True)
    )
    found = Sweep(scenario=str(scenario), settings=dict(settings), comparisons=comparisons, out=folder)
    write_tables(found)
    return found


def verify(
    scenario: str | Path | Scenario | None = None,
    *,
    workload: Load | None = None,
    fast: bool = False,
    seed0: int = 0,
    workers: int = 1,
) -> Report:
    """Check both engines against queueing theory and the laws of every path; with a scenario, check these laws on it.

    `fast` runs fewer checks. `failures` of the report lists the checks that failed; `left_out` says which part of a
    long or large scenario was not checked.

    Raises:
        InputError: an argument cannot be used.
    """
    task = None if scenario is None else _scenario(scenario, workload)[0]
    return run_verification(ENGINES, FAST if fast else FULL, scenario=task, seed0=seed0, workers=workers)


def _is_isolated(contestant: Contestant, is_sendable: bool) -> bool:
    """True for an agent from outside of the package, unless only this process may be able to make it."""
    return contestant.origin is Origin.MODULE or (contestant.origin is Origin.PROCESS and is_sendable)


def _scenario(given: str | Path | Scenario, workload: Load | None) -> tuple[Scenario, str]:
    """The scenario, and its name for a folder."""
    if not isinstance(given, Scenario):
        return make_scenario(str(given), workload), Path(given).stem
    if workload is None:
        return given, given.pipeline.name
    load = by_name(workload) if isinstance(workload, str) else as_workload(workload)
    return replace(given, workload=load), given.pipeline.name


def _usual_folder(
    title: str, task: Scenario, taking_part: Sequence[Contestant], seeds: Sequence[int], place: str
) -> Path:
    parts = (title, task.workload.name.partition(" ")[0], task.digest(), *place.split())
    marks = marks_of({each.name: each.make for each in taking_part}, _fingerprints(taking_part, place))
    return free_folder(Path("results") / "-".join(parts), task, marks, seeds)


def _fingerprints(taking_part: Sequence[Contestant], place: str) -> dict[str, str]:
    return {each.name: f"{each.fingerprint} {place}".strip() for each in taking_part}
