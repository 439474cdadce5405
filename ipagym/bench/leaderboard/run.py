"""A suite, run: every group in a folder of its own, in which nothing runs twice."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic

from ipagym.agents.contestants import Given, Origin, contestants
from ipagym.bench.comparison.compare import compare
from ipagym.bench.comparison.executors import Executor
from ipagym.bench.comparison.jobs import usual_fence
from ipagym.bench.comparison.results import Comparison
from ipagym.bench.leaderboard.searched import search_all
from ipagym.bench.leaderboard.suite import Group, Suite, suite_of
from ipagym.cluster.sim import ENGINES
from ipagym.system.errors import InputError
from ipagym.system.files import make_folder, write_atomically
from ipagym.system.progress import Tick, counted

SUITE = "suite.json"
ENGINE = "compiled"


@dataclass(frozen=True, slots=True)
class Failure:
    """An agent without results on a task, and why."""

    group: str
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class Run:
    """A suite's results in a folder."""

    suite: Suite
    folder: Path
    failures: tuple[Failure, ...]
    digest: str


def run_suite(suite: Suite, out: Path, workers: int, executor: Executor | None = None) -> Run:
    """Run every agent of the suite on all of its tasks and seeds; what is in `out` is not run again.

    A failed agent loses only its own cells on that task, and is tried again by the next call. Episodes are run by the
    executor, if there is one, in place of `workers` processes, which then only search for settings.

    Raises:
        InputError: `out` has results of another suite or version, or an agent cannot be made.
    """
    _claim(out, suite)
    started = monotonic()
    with counted("searches") as told:
        search_all(suite.groups, max(1, min(workers, os.cpu_count() or 1)), told)
    found: dict[str, Comparison] = {}
    done = 0
    with counted(suite.name) as told:
        for group in suite.groups:
            tick = _shifted(told, done, suite.cells)
            found[group.name] = run_group(suite, group, out, workers=workers, tick=tick, executor=executor)
            done += len(group.agents) * suite.file.seeds
            _tell(found[group.name], (done, suite.cells), monotonic() - started)
    return Run(
        suite, out, failures_in(found), digest_of({name: each.manifest.windows_sha256 for name, each in found.items()})
    )


def failures_in(found: Mapping[str, Comparison]) -> tuple[Failure, ...]:
    """The agents that failed in comparisons by group."""
    reasons = {name: each.manifest.failed for name, each in found.items()}
    return tuple(Failure(name, agent, why) for name, failed in reasons.items() for agent, why in failed.items())


def run_group(
    suite: Suite,
    group: Group,
    out: Path,
    *,
    workers: int,
    tick: Tick,
    seeds: Sequence[int] | None = None,
    executor: Executor | None = None,
) -> Comparison:
    """Run one task on one track, on all seeds of the suite where none are given; by the executor, if there is one."""
    given: dict[str, Given] = dict(group.agents)
    taking_part = contestants(given, group.scenario)
    # What the engine compiles on its first use, it compiles here, once for all worker processes.
    ENGINES[ENGINE](group.scenario).advance(group.scenario.interval_s)
    return compare(
        group.scenario,
        {each.name: each.make for each in taking_part},
        seeds=suite.seeds if seeds is None else seeds,
        out=out / group.name,
        make_cluster=ENGINES[ENGINE],
        workers=workers,
        executor=executor,
        fingerprints={each.name: each.fingerprint for each in taking_part},
        isolated=[each.name for each in taking_part if each.origin is not Origin.PACKAGE],
        fence=usual_fence(
            group.scenario, suite.file.decision_intervals * group.scenario.interval_s, suite.file.memory_gib
        ),
        tick=tick,
    )


def suite_in(folder: Path) -> Suite:
    """The suite whose results are in the folder.

    Raises:
        InputError: there are none.
    """
    path = folder / SUITE
    try:
        return suite_of(json.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{folder} holds no leaderboard: give a folder that `ipagym leaderboard run` wrote") from error


def digest_of(windows: Mapping[str, str | None]) -> str:
    """One hash for the windows of all groups: equal results have equal ones."""
    return sha256(json.dumps(windows, sort_keys=True).encode()).hexdigest()[:16]


def _claim(out: Path, suite: Suite) -> None:
    make_folder(out)
    if (out / SUITE).exists() and (found := suite_in(out)).digest != suite.digest:
        raise InputError(f"{out} holds results of suite {found.name} {found.digest}, not {suite.name} {suite.digest}: "
                         "choose another --out")  # fmt: skip
    written = suite.file.model_dump(mode="json", exclude_unset=True)
    write_atomically(out / SUITE, (json.dumps(written, indent=2) + "\n").encode())


def _shifted(told: Tick, before: int, total: int) -> Tick:
    """The tick of a part of the cells, some of which were done before it."""
    return lambda done, _: told(before + done, total)


def _tell(found: Comparison, cells: tuple[int, int], spent_s: float) -> None:
    """A line for each finished group, for those who look at a log instead of a bar; `cells` are those done, and all."""
    failed, (done, total) = len(found.manifest.failed), cells
    left_s = spent_s * (total - done) / done
    print(f"{found.out.name}: {done} of {total} cells, {failed or 'no'} agents failed, {spent_s:.0f} s, "
          f"about {left_s:.0f} s left", file=sys.stderr)  # fmt: skip
