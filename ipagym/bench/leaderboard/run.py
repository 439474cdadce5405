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
from ipagym.bench.comparison.compare import Plan, compare_all
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

LINES = 10
"""Lines about a run in a log."""


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
    with counted("searches") as told:
        search_all(suite.groups, max(1, min(workers, os.cpu_count() or 1)), told)
    plans = [plan_of(suite, group, out) for group in suite.groups]
    with counted(suite.name) as told:
        comparisons = compare_all(plans, workers=workers, executor=executor, tick=_telling(told))
    found = dict(zip([group.name for group in suite.groups], comparisons, strict=True))
    return Run(
        suite, out, failures_in(found), digest_of({name: each.manifest.windows_sha256 for name, each in found.items()})
    )


def failures_in(found: Mapping[str, Comparison]) -> tuple[Failure, ...]:
    """The agents that failed in comparisons by group."""
    reasons = {name: each.manifest.failed for name, each in found.items()}
    return tuple(Failure(name, agent, why) for name, failed in reasons.items() for agent, why in failed.items())


def plan_of(suite: Suite, group: Group, out: Path, seeds: Sequence[int] | None = None) -> Plan:
    """The comparison of one task on one track, on all seeds of the suite where none are given."""
    given: dict[str, Given] = dict(group.agents)
    taking_part = contestants(given, group.scenario)
    # What the engine compiles on its first use, it compiles here, once for all worker processes.
    ENGINES[ENGINE](group.scenario).advance(group.scenario.interval_s)
    return Plan(
        scenario=group.scenario,
        agents={each.name: each.make for each in taking_part},
        seeds=suite.seeds if seeds is None else seeds,
        out=out / group.name,
        make_cluster=ENGINES[ENGINE],
        fingerprints={each.name: each.fingerprint for each in taking_part},
        isolated=[each.name for each in taking_part if each.origin is not Origin.PACKAGE],
        fence=usual_fence(
            group.scenario, suite.file.decision_intervals * group.scenario.interval_s, suite.file.memory_gib
        ),
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


def _telling(told: Tick) -> Tick:
    """The tick, and for those who look at a log instead of a bar a line for each tenth of the cells."""
    started, lines = monotonic(), 0

    def tick(done: int, total: int) -> None:
        nonlocal lines
        told(done, total)
        if done * LINES // total > lines:
            lines, spent_s = done * LINES // total, monotonic() - started
            print(f"{done} of {total} cells, {spent_s:.0f} s", file=sys.stderr)

    return tick
