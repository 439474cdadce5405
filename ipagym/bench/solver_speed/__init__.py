"""The benchmark of the solvers: the time of a decision of IPA's problem, by the size of the pipeline."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from math import inf
from time import perf_counter

import numpy as np

from ipagym.bench.solver_speed import gurobi
from ipagym.bench.solver_speed.instances import Size, instances
from ipagym.optimize.frontier import solve as frontier
from ipagym.optimize.ipa import paper as ipa_paper
from ipagym.optimize.ipa import program as ipa
from ipagym.optimize.problem import Accuracy, IpaProblem, Solution
from ipagym.optimize.solver import SolverSettings
from ipagym.optimize.stats import Status
from ipagym.system.errors import InputError, unknown_name

AGREE = 1e-6
"""Difference in PAS beyond which a solver misses the optimum: integer programs keep constraints to this tolerance."""

SIZES = (Size(2, 5), Size(5, 5), Size(9, 9), Size(10, 10), Size(20, 10), Size(50, 20))

Solver = Callable[[IpaProblem, float], Solution]
"""Solves a problem within so many seconds."""


def _mip(form: Callable[[IpaProblem, SolverSettings], Solution], solver: str) -> Solver:
    return lambda problem, limit_s: form(problem, SolverSettings(solver=solver, time_limit_s=limit_s))


GUROBI = "Gurobi, paper's form"

SOLVERS: dict[str, Solver] = {
    "frontier": frontier.solve,
    "mip/HiGHS": _mip(ipa.solve, "highs"),
    "mip/CBC": _mip(ipa.solve, "cbc"),
    "mip/HiGHS, paper's form": _mip(ipa_paper.solve, "highs"),
    GUROBI: gurobi.solve,
}
"""The solvers measured, by the name in the table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Sizes, the number of loads for each, the form of PAS, and the time limit for one load. A solver that exceeds the
    limit is not run for the remaining loads and for larger sizes. The same applies to a solver that calls a load
    infeasible, since all loads are feasible.
    """

    sizes: tuple[Size, ...] = SIZES
    loads: int = 100
    accuracy: Accuracy = "sum"
    time_limit_s: float = 20.0
    solvers: tuple[str, ...] = tuple(SOLVERS)

    def __post_init__(self) -> None:
        if not 1 <= self.loads <= 10_000:
            raise InputError(f"loads must be in 1..10000, not {self.loads}")
        if not 0 < self.time_limit_s < inf:
            raise InputError(f"time_limit_s must be above 0 seconds and finite, not {self.time_limit_s}")
        for name in self.solvers:
            if name not in SOLVERS:
                raise unknown_name("solver", name, SOLVERS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Milliseconds of one solver on one size: medians and 99th percentile over `loads` loads; NaN where it was not run.

    `note` says why it was not, or not to the end.
    """

    solver: str
    stages: int
    variants: int
    loads: int
    build_median_ms: float
    solve_median_ms: float
    total_median_ms: float
    total_p99_ms: float
    note: str = ""


@dataclass(slots=True)
class Record:
    """The record of one solver: milliseconds to build and solve by load, how far it fell short, why it stopped."""

    times_ms: list[tuple[float, float]]
    short: list[float]
    stopped: str = ""

    @property
    def note(self) -> str:
        """The reason why it was stopped, and the number of optima that it missed."""
        missed = [gap for gap in self.short if gap > 0]
        misses = f"misses the optimum on {len(missed)} loads, by up to {max(missed):.2g}" if missed else ""
        return "; ".join(part for part in (self.stopped, misses) if part)


def run(settings: Settings, progress: Callable[[str, int, int], None]) -> tuple[Row, ...]:
    """Measure every solver on every size, side by side: each load goes to all of them, one after the other.

    `progress` is called with what is being measured, and how much of how much is done.
    """
    rows: list[Row] = []
    stopped = {} if find_spec("gurobipy") else {GUROBI: "gurobipy is not installed"}
    total = len(settings.sizes) * settings.loads
    for at, size in enumerate(settings.sizes):
        records = {name: Record([], [], stopped.get(name, "")) for name in settings.solvers}
        for number, problem in enumerate(instances(size, settings.loads, settings.accuracy)):
            progress(f"{size}", at * settings.loads + number, total)
            _race(problem, settings, records)
        rows += [_row(name, size, record) for name, record in records.items()]
        stopped |= {name: record.stopped for name, record in records.items() if record.stopped}
    progress("done", total, total)
    return tuple(rows)


def _race(problem: IpaProblem, settings: Settings, records: dict[str, Record]) -> None:
    """Give one load to every solver that goes on."""
    found: dict[str, float] = {}
    for name, record in records.items():
        if record.stopped:
            continue
        started_s = perf_counter()
        try:
            solution = SOLVERS[name](problem, settings.time_limit_s)
        except gurobi.NotLicensed as error:
            record.stopped = f"not licensed: {error}"
            continue
        record.stopped = _why_not_again(solution, perf_counter() - started_s, settings.time_limit_s)
        if record.stopped:
            continue
        record.times_ms.append((1000 * solution.stats.build_s, 1000 * solution.stats.solve_s))
        found[name] = solution.objective
    tolerance = AGREE * max(1.0, problem.objective.alpha)
    for name, objective in found.items():
        gap = max(found.values()) - objective
        records[name].short.append(gap if gap > tolerance else 0.0)


def _why_not_again(solution: Solution, spent_s: float, limit_s: float) -> str:
    """The reason not to ask a solver again that gave this answer; empty where there is none."""
    if solution.status is Status.INFEASIBLE:
        return "calls a load infeasible that is not"
    at_limit = f"took more than {limit_s:g} s for a load"
    if solution.status is Status.NO_ANSWER:
        return f"{at_limit} ({solution.status})"
    if solution.status is Status.FEASIBLE:
        return f"{at_limit} ({solution.status}, gap {solution.stats.gap:.2g})"
    return at_limit if spent_s >= limit_s else ""


def _row(name: str, size: Size, record: Record) -> Row:
    build_ms, solve_ms = np.array(record.times_ms).reshape(-1, 2).T
    total_ms = build_ms + solve_ms

    def quantile(values: np.ndarray, q: float) -> float:
        return float(np.quantile(values, q)) if len(values) else float("nan")

    return Row(
        solver=name,
        stages=size.stages,
        variants=size.variants,
        loads=len(record.times_ms),
        build_median_ms=quantile(build_ms, 0.5),
        solve_median_ms=quantile(solve_ms, 0.5),
        total_median_ms=quantile(total_ms, 0.5),
        total_p99_ms=quantile(total_ms, 0.99),
        note=record.note,
    )


def parse_sizes(text: str) -> tuple[Size, ...]:
    """Sizes written as `10x10,50x20`.

    Raises:
        InputError: it is not written like that.
    """
    return tuple(_sizes(text))


def _sizes(text: str) -> Iterator[Size]:
    for part in text.split(","):
        stages, cross, variants = part.strip().partition("x")
        if not (cross and stages.isascii() and stages.isdecimal() and variants.isascii() and variants.isdecimal()):
            raise InputError(f"sizes must be written as 10x10,50x20 (stages x variants), not {text!r}")
        if len(stages) > 4 or len(variants) > 4:
            raise InputError(f"size {part.strip()} is too large")
        yield Size(int(stages), int(variants))
