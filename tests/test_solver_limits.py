"""How a solve ends: optimal, feasible at the limit, infeasible, or with no answer in time; none is taken for another.

No test waits for a clock: limits are so short that they are over at once, the first plan found is made the last, or
python-mip is made to say what it says at a limit.
"""

from collections.abc import Callable
from dataclasses import replace
from math import inf, isnan
from typing import Any

import mip
import pytest

from ipagym.envs.scenarios import make_scenario
from ipagym.model.configuration import Limits
from ipagym.optimize import sponge
from ipagym.optimize.fallback import fallback_plan
from ipagym.optimize.frontier import solve as frontier
from ipagym.optimize.frontier.search import OutOfTime
from ipagym.optimize.infadapter import program as infadapter
from ipagym.optimize.infadapter.model_switching_plus import MsPlusProblem
from ipagym.optimize.infadapter.model_switching_plus import solve as ms_plus
from ipagym.optimize.ipa import paper as ipa_paper
from ipagym.optimize.ipa import program as ipa
from ipagym.optimize.joint import program as joint
from ipagym.optimize.options import undominated_options
from ipagym.optimize.problem import IpaProblem, Solution, ipa_problem, plan_configuration
from ipagym.optimize.solver import SolverSettings
from ipagym.optimize.stats import Status
from ipagym.system.errors import InputError, SolverError
from ipagym.task.objective import Objective
from tests.binding import binding_problem
from tests.brute_force import brute_force, is_feasible
from tests.pipelines import small_pipeline
from tests.test_frontier import large_problem
from tests.test_infadapter import candidates
from tests.test_optimize import plan_of, small_problem

AT_ONCE_S = 1e-9
"""A limit that is over before a solver has begun."""

Solve = Callable[[Any, SolverSettings], Any]

LARGE = large_problem(0, stages=6, variants=6)
JOINT = make_scenario("joint")


def every_option(problem: IpaProblem, settings: SolverSettings) -> Solution:
    return ipa.solve_options(problem, undominated_options(problem), settings, started_s=0.0)


def joint_problem(rate_rps: float, **changes: Any) -> joint.JointProblem:
    fields = {"pipeline": JOINT.pipeline, "limits": JOINT.limits, "objective": JOINT.objective} | changes
    return joint.JointProblem(rate_rps=rate_rps, **fields)  # type: ignore[arg-type]


def allocation_problem(rate_rps: float) -> infadapter.InfAdapterProblem:
    return infadapter.InfAdapterProblem(candidates=candidates(), rate_rps=rate_rps, budget=20, previous={})


def sponge_problem(rate_rps: float) -> sponge.SpongeProblem:
    points = tuple(
        sponge.Point(cores=c, batch=b, latency_s=0.2 * (0.4 + 0.6 * b) / c) for c in range(1, 9) for b in (1, 2, 4, 8)
    )
    return sponge.SpongeProblem(points=points, rate_rps=rate_rps, slo_s=1.0, network_max_s=0.1)


PROGRAMS: dict[str, tuple[Solve, Any, Any]] = {
    "ipa": (every_option, LARGE, None),
    "ipa, presolved": (ipa.solve, LARGE, replace(LARGE, slo_s=1e-3)),
    "ipa, paper's form": (ipa_paper.solve, LARGE, replace(LARGE, slo_s=1e-3)),
    "joint": (joint.solve, joint_problem(20.0), joint_problem(20.0, network_max_s=JOINT.pipeline.slo_s)),
    "infadapter": (infadapter.solve, allocation_problem(200.0), allocation_problem(387.0)),
    "sponge": (sponge.solve, sponge_problem(20.0), sponge_problem(1e6)),
}
"""Every integer program with a problem that can be solved, and one that cannot."""

each = pytest.mark.parametrize("name", PROGRAMS)
solvers = pytest.mark.parametrize("solver", ["highs", "cbc"])


def plan_in(solution: Any) -> Any:
    """What a solution asks for, whatever it is called."""
    if isinstance(solution, sponge.SpongeSolution):
        return solution.point
    return solution.cores or None if isinstance(solution, infadapter.InfAdapterSolution) else solution.configuration


def says(monkeypatch: pytest.MonkeyPatch, status: mip.OptimizationStatus) -> None:
    """Has python-mip end with this."""
    monkeypatch.setattr(mip.Model, "optimize", lambda *_, **__: status)


def stops_at_the_first_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    optimize = mip.Model.optimize
    monkeypatch.setattr(mip.Model, "optimize", lambda *a, **k: optimize(*a, **k, max_solutions=1))


@solvers
@pytest.mark.parametrize("name", ["ipa", "ipa, paper's form", "joint", "infadapter"])
def test_a_limit_that_comes_before_any_plan_is_no_proof_that_there_is_none(name: str, solver: str) -> None:
    solve, problem, _ = PROGRAMS[name]
    found = solve(problem, SolverSettings(solver=solver, time_limit_s=AT_ONCE_S))
    assert (found.status, found.feasible, found.stats.gap) == (Status.NO_ANSWER, False, inf)
    assert plan_in(found) is None
    assert isnan(found.objective)


@solvers
@each
def test_no_answer_in_time_is_told(name: str, solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, mip.OptimizationStatus.NO_SOLUTION_FOUND)
    solve, problem, _ = PROGRAMS[name]
    found = solve(problem, SolverSettings(solver=solver, time_limit_s=60.0))
    assert (found.status, found.feasible, found.stats.gap) == (Status.NO_ANSWER, False, inf)
    assert plan_in(found) is None


@solvers
@each
def test_a_solver_that_gives_up_without_a_limit_has_broken_down(
    name: str, solver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve, problem, _ = PROGRAMS[name]
    for status in ("NO_SOLUTION_FOUND", "ERROR", "UNBOUNDED", "TRUNCATED"):
        says(monkeypatch, mip.OptimizationStatus[status])
        with pytest.raises(SolverError, match=f"{solver} ended with {status}"):
            solve(problem, SolverSettings(solver=solver))


@solvers
@each
def test_an_optimum_is_told_and_its_gap_is_none(name: str, solver: str) -> None:
    solve, problem, _ = PROGRAMS[name]
    if name == "ipa, paper's form":
        problem = small_problem()
    found = solve(problem, SolverSettings(solver=solver))
    assert (found.status, found.feasible, found.stats.gap) == (Status.OPTIMAL, True, 0.0)


@solvers
@pytest.mark.parametrize("name", [name for name in PROGRAMS if PROGRAMS[name][2] is not None])
def test_what_is_infeasible_is_told_and_gets_the_fallback(name: str, solver: str) -> None:
    solve, _, problem = PROGRAMS[name]
    found = solve(problem, SolverSettings(solver=solver))
    assert (found.status, found.feasible, found.stats.gap) == (Status.INFEASIBLE, False, inf)
    assert plan_in(found) is not None


@solvers
@pytest.mark.parametrize("status", ["INFEASIBLE", "INT_INFEASIBLE"])
def test_infeasible_relaxations_and_programs_are_infeasible_alike(
    solver: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, mip.OptimizationStatus[status])
    found = every_option(LARGE, SolverSettings(solver=solver, time_limit_s=60.0))
    assert found.status is Status.INFEASIBLE
    assert found.configuration == plan_configuration(fallback_plan(LARGE))


@solvers
@pytest.mark.parametrize("seed", [0, 1, 4])
@pytest.mark.parametrize("name", ["ipa", "ipa, paper's form"])
def test_the_best_plan_at_the_limit_is_used_and_within_its_gap(
    name: str, seed: int, solver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = large_problem(seed, stages=6, variants=6)
    optimum = frontier.solve(problem).objective
    stops_at_the_first_plan(monkeypatch)
    found = PROGRAMS[name][0](problem, SolverSettings(solver=solver))
    assert (found.status, found.feasible) == (Status.FEASIBLE, True)
    assert is_feasible(problem, plan_of(problem, found))
    assert 0 < found.stats.gap < inf
    assert found.objective <= optimum + 1e-6
    assert optimum <= found.objective + found.stats.gap * abs(found.objective) + 1e-6


@solvers
@each
def test_a_plan_found_by_the_limit_is_taken(name: str, solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    solve, problem, _ = PROGRAMS[name]
    problem = small_problem() if name == "ipa, paper's form" else problem
    best, optimize = solve(problem, SolverSettings(solver=solver)), mip.Model.optimize

    def stopped(model: mip.Model, **limits: Any) -> mip.OptimizationStatus:
        optimize(model, **limits)
        return mip.OptimizationStatus.FEASIBLE

    monkeypatch.setattr(mip.Model, "optimize", stopped)
    found = solve(problem, SolverSettings(solver=solver, time_limit_s=60.0))
    assert (found.status, found.feasible) == (Status.FEASIBLE, True)
    assert plan_in(found) == plan_in(best)


def test_the_gap_is_relative_to_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, mip.OptimizationStatus.FEASIBLE)
    for value, bound, gap in ((80.0, 100.0, 0.25), (-100.0, -80.0, 0.2), (0.0, 1.0, inf), (5.0, inf, inf)):
        monkeypatch.setattr(mip.Model, "objective_value", value)
        monkeypatch.setattr(mip.Model, "objective_bound", bound)
        monkeypatch.setattr(mip.Var, "x", 1.0)
        found = every_option(small_problem(), SolverSettings(time_limit_s=1.0))
        assert (found.status, found.stats.gap) == (Status.FEASIBLE, gap)


def test_an_optimum_within_a_wider_gap_tells_that_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, mip.OptimizationStatus.OPTIMAL)
    monkeypatch.setattr(mip.Model, "objective_value", 100.0)
    monkeypatch.setattr(mip.Model, "objective_bound", 105.0)
    monkeypatch.setattr(mip.Var, "x", 1.0)
    assert every_option(small_problem(), SolverSettings(gap=0.1)).stats.gap == 0.05


def test_the_frontier_at_its_limit_has_the_plan_that_came_with_the_bound() -> None:
    for seed in range(6):
        problem = large_problem(seed, stages=6, variants=6)
        found, best = frontier.solve(problem, AT_ONCE_S), frontier.solve(problem)
        assert (found.status, best.status) == (Status.FEASIBLE, Status.OPTIMAL)
        assert is_feasible(problem, plan_of(problem, found))
        assert best.stats.gap == 0 < found.stats.gap
        assert found.objective <= best.objective <= found.objective + (found.stats.gap + 1e-9) * abs(found.objective)


def without_known_plan() -> IpaProblem:
    """A feasible problem in which no plan comes with the bound."""
    for seed in range(1000):
        problem = binding_problem(seed)
        if frontier.solve(problem, AT_ONCE_S).status is Status.NO_ANSWER and frontier.solve(problem).feasible:
            return problem
    raise AssertionError("every plan came with the bound")


def test_the_frontier_without_a_plan_at_its_limit_has_no_answer() -> None:
    problem = without_known_plan()
    found, best = frontier.solve(problem, AT_ONCE_S), frontier.solve(problem)
    assert (found.configuration, found.stats.gap, best.status) == (None, inf, Status.OPTIMAL)
    assert best.objective == pytest.approx(brute_force(problem).objective, abs=1e-9)
    with pytest.raises(SolverError, match="no answer in time"):
        _ = found.answer


def test_the_frontier_looks_at_the_clock_within_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(10**6))
    monkeypatch.setattr("ipagym.optimize.frontier.search.perf_counter", lambda: float(next(times)))
    monkeypatch.setattr("ipagym.optimize.frontier.search.BLOCK", 1)
    problem = large_problem(0, stages=6, variants=6)
    t = frontier.tables(undominated_options(problem), problem)  # type: ignore[attr-defined]
    dual, _ = frontier.price(t)  # type: ignore[attr-defined]
    with pytest.raises(OutOfTime):
        frontier.search(t, dual, -inf, deadline_s=2 * len(problem.stages) + 1.0)  # type: ignore[attr-defined]
    assert next(times) == 2 * len(problem.stages) + 2


@pytest.mark.parametrize("limit_s", [0.0, -1.0, float("nan")])
def test_limits_that_are_none_are_refused(limit_s: float) -> None:
    with pytest.raises(InputError, match="time_limit_s"):
        frontier.solve(LARGE, limit_s)
    with pytest.raises(InputError, match="time_limit_s"):
        SolverSettings(time_limit_s=limit_s)


def test_a_large_infeasible_problem_gets_its_fallback_without_trying_every_rate() -> None:
    pipeline = small_pipeline(stages=20, variants=5)
    problem = ipa_problem(pipeline, 1e6, Limits(max_replicas=10_000), Objective(alpha=20.0))
    found = frontier.solve(problem)
    assert found.status is Status.INFEASIBLE
    carried = [n * c.throughput_rps for c, n in plan_of(problem, found)]
    assert min(carried) == pytest.approx(10_000 * max(c.throughput_rps for c in problem.stages[0]))


@pytest.mark.parametrize(
    "changes", [{"rate_rps": float("nan")}, {"rate_rps": -1.0}, {"budget": 1}, {"candidates": ()}], ids=str
)
def test_unusable_problems_of_ms_plus_are_refused(changes: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"candidates": candidates(), "rate_rps": 50.0, "budget": 20}
    assert ms_plus(MsPlusProblem(**fields))[1] <= 20
    with pytest.raises(InputError):
        MsPlusProblem(**fields | changes)
