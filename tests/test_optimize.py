"""The integer program against exhaustive search, and the fallback against its definition."""

import subprocess
import sys
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from ipagym.model.configuration import Limits
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.validity import check
from ipagym.optimize.ipa import paper as ipa_paper
from ipagym.optimize.ipa import program as ipa
from ipagym.optimize.problem import (
    Choice,
    IpaProblem,
    Plan,
    Solution,
    ipa_problem,
    plan_configuration,
    queue_wait_s,
    stage_latency_s,
)
from ipagym.optimize.solver import SolverSettings
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from tests.brute_force import brute_force, is_feasible
from tests.pipelines import small_pipeline


def random_variant(name: str, rng: np.random.Generator) -> Variant:
    base, slope = rng.uniform(0.02, 0.4), rng.uniform(0.1, 1.0)
    average = {b: float(base * (1 + slope * (b - 1))) for b in (1, 2, 4, 8)}
    return Variant(
        name=name,
        accuracy=float(rng.uniform(0.3, 1)),
        base_cores=int(rng.choice([1, 2, 4])),
        load_s=1.0,
        latency=LatencyModel(average_s=average, p99_s={b: 1.2 * a for b, a in average.items()}),
    )


def random_stage(name: str, rng: np.random.Generator, small: bool) -> Stage:
    batches = rng.choice([1, 2, 4, 8], size=int(rng.integers(1, 3 if small else 5)), replace=False)
    variants = int(rng.integers(1, 4 if small else 5))
    return Stage(
        name=name,
        variants=tuple(random_variant(f"v{v}", rng) for v in range(variants)),
        batches=tuple(sorted(int(b) for b in batches)),
    )


def random_problem(seed: int) -> tuple[Pipeline, IpaProblem]:
    rng = np.random.default_rng(seed)
    stages = int(rng.integers(1, 4))
    pipeline = Pipeline(
        name="random",
        stages=tuple(random_stage(f"s{s}", rng, small=stages == 3) for s in range(stages)),
        slo_s=float(rng.uniform(0.2, 4)),
        idle_watts_per_core=1.0,
        busy_watts_per_core=2.0,
    )
    nodes = (int(rng.integers(2, 20)), int(rng.integers(2, 20))) if rng.random() < 0.4 else None
    problem = ipa_problem(
        pipeline,
        0.0 if rng.random() < 0.1 else float(rng.uniform(0.5, 60)),
        Limits(max_replicas=int(rng.integers(1, 4 if stages == 3 else 8)), node_cores=nodes),
        Objective(
            alpha=float(rng.choice([0, 2, 20, 100])),
            beta=float(rng.choice([0, 0.5, 1])),
            delta=float(rng.choice([0, 1e-6, 0.01])),
        ),
        accuracy="product" if rng.random() < 0.6 else "sum",
    )
    return pipeline, problem


def small_problem(
    *, rate_rps: float = 20.0, slo_s: float = 2.0, limits: Limits | None = None, variants: int = 3
) -> IpaProblem:
    pipeline = replace(small_pipeline(variants=variants), slo_s=slo_s)
    return ipa_problem(pipeline, rate_rps, limits or Limits(max_replicas=6), Objective(alpha=20.0))


def plan_of(problem: IpaProblem, solution: Solution) -> Plan:
    """The plan behind a configuration, found again from its names alone."""
    known = {(c.stage, c.variant, c.batch): c for stage in problem.stages for c in stage}
    settings = enumerate(solution.answer.first_deployments)
    return [(known[index, s.variant, s.batch], s.replicas) for index, s in settings]


def every_plan(problem: IpaProblem) -> list[tuple[tuple[Choice, int], ...]]:
    replicas = range(1, problem.max_replicas + 1)
    return list(product(*(list(product(stage, replicas)) for stage in problem.stages)))


FORMS = {"reduced": ipa.solve, "paper": ipa_paper.solve}


def solve(problem: IpaProblem, solver: str = "highs") -> Solution:
    return ipa.solve(problem, SolverSettings(solver=solver))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("solver", "seeds"), [("highs", range(500)), ("cbc", range(500, 600))])
def test_integer_program_finds_the_objective_of_exhaustive_search(form: str, solver: str, seeds: range) -> None:
    feasible = 0
    for seed in seeds:
        pipeline, problem = random_problem(seed)
        expected, found = brute_force(problem), FORMS[form](problem, SolverSettings(solver=solver))
        assert found.feasible == expected.feasible, seed
        assert found.objective == pytest.approx(expected.objective, abs=1e-9), seed
        check(found.answer, pipeline, Limits(max_replicas=problem.max_replicas))
        assert is_feasible(problem, plan_of(problem, found)) == found.feasible, seed
        feasible += found.feasible
    assert 0.25 * len(seeds) < feasible < 0.75 * len(seeds)


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_delta_decides_between_batches_of_equal_cost(solver: str) -> None:
    problem = small_problem(rate_rps=1.0, slo_s=20.0)
    assert [s.first.batch for s in solve(problem, solver).answer.stages] == [1, 1]


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_load_that_replicas_meet_exactly_costs_no_further_replica(solver: str) -> None:
    only_batch_1_s = 0.125
    choice = small_problem().stages[0][0]
    for replicas in (1, 3, 5):
        rate_rps = replicas * choice.throughput_rps
        exact = small_problem(rate_rps=rate_rps, slo_s=only_batch_1_s, variants=1)
        solution = solve(exact, solver)
        assert solution.feasible
        assert solution.objective == brute_force(exact).objective
        assert {s.first.replicas for s in solution.answer.stages} == {replicas}


def test_more_weight_on_accuracy_never_lowers_it() -> None:
    def accuracy(alpha: float) -> float:
        problem = replace(small_problem(rate_rps=5.0, slo_s=9.0), objective=Objective(alpha=alpha))
        return float(np.prod([c.accuracy for c, _ in plan_of(problem, solve(problem))]))

    scores = [accuracy(alpha) for alpha in (0.0, 5.0, 20.0, 1000.0)]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1] == pytest.approx(0.7 * 0.7)


def test_long_chain_is_solved_exactly() -> None:
    pipeline = replace(small_pipeline(stages=5, variants=2), slo_s=3.0)
    problem = ipa_problem(pipeline, 3.0, Limits(max_replicas=1), Objective(alpha=100.0))
    assert solve(problem).objective == pytest.approx(brute_force(problem).objective, abs=1e-9)


def test_queue_wait() -> None:
    assert queue_wait_s(1, 5.0) == 0
    assert queue_wait_s(8, 5.0) == pytest.approx(1.4)
    assert queue_wait_s(8, 0.0) == 0


@pytest.mark.parametrize("nodes", [None, (5, 4), (1, 1), (1,)])
@pytest.mark.parametrize(("rate_rps", "slo_s"), [(500.0, 2.0), (20.0, 0.01), (500.0, 0.01)])
def test_fallback_serves_most_then_fastest_then_cheapest(
    rate_rps: float, slo_s: float, nodes: tuple[int, ...] | None
) -> None:
    problem = small_problem(rate_rps=rate_rps, slo_s=slo_s, limits=Limits(max_replicas=4, node_cores=nodes))
    solution = solve(problem)
    assert not solution.feasible
    assert brute_force(problem).configuration == solution.configuration
    if nodes == (1,):
        assert [(s.first.variant, s.first.replicas, s.first.batch) for s in solution.answer.stages] == [
            ("v0", 1, 1)
        ] * 2
        return

    def rank(plan: Plan) -> tuple[float, float, int]:
        share = min(1.0, *(n * c.throughput_rps / rate_rps for c, n in plan))
        latency = sum(stage_latency_s(c, rate_rps) for c, _ in plan)
        return (-round(share, 9), round(latency, 9), sum(n * c.cores for c, n in plan))

    total = problem.total_cores
    fitting = [p for p in every_plan(problem) if total is None or sum(n * c.cores for c, n in p) <= total]
    assert rank(plan_of(problem, solution)) == min(rank(plan) for plan in fitting)


def test_solution_and_oracle_agree_on_the_configuration_where_it_is_unique() -> None:
    problem = small_problem(rate_rps=17.0)
    assert solve(problem).configuration == brute_force(problem).configuration
    assert plan_configuration(plan_of(problem, solve(problem))) == solve(problem).configuration


def test_unknown_solver_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown solver 'higs'.*'highs'"):
        solve(small_problem(), "higs")


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
def test_unusable_rate_is_refused(rate: float) -> None:
    with pytest.raises(InputError, match="rate_rps"):
        small_problem(rate_rps=rate)


def test_solver_is_imported_by_the_integer_program_alone() -> None:
    code = "import ipagym.agents, tests.brute_force, sys; sys.exit('mip' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0
