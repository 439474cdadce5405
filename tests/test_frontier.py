"""The frontier solver against exhaustive search and the integer program; the Pareto set against its definition."""

from dataclasses import replace

import numpy as np
import pytest

from ipagym.configuration import Limits
from ipagym.latency import LatencyModel
from ipagym.objective import Objective
from ipagym.optimize import frontier, ipa
from ipagym.optimize.enumeration import brute_force
from ipagym.optimize.options import undominated_options
from ipagym.optimize.pareto import pareto_set
from ipagym.optimize.presolve import promising_options
from ipagym.optimize.problem import IpaProblem, ipa_problem, is_feasible, stage_latency_s
from ipagym.pipeline import Pipeline, Stage, Variant
from tests.test_optimize import every_plan, plan_of, random_problem, small_problem


def large_problem(seed: int, *, stages: int, variants: int) -> IpaProblem:
    """An SLO, and half of the time cores, that bind."""
    rng = np.random.default_rng(seed)

    def variant(v: int) -> Variant:
        base_s, slope = rng.uniform(0.02, 0.2) * (1 + v), rng.uniform(0.3, 1.0)
        average = {b: float(base_s * (1 + slope * (b - 1))) for b in (1, 2, 4, 8)}
        latency = LatencyModel(average_s=average, p99_s=average)
        accuracy, cores = float(rng.uniform(0.5, 0.95)), int(rng.choice([1, 2, 4, 8]))
        return Variant(name=f"v{v}", accuracy=accuracy, base_cores=cores, load_s=1.0, latency=latency)

    chain = tuple(
        Stage(name=f"s{s}", variants=tuple(variant(v) for v in range(variants)), batches=(1, 2, 4, 8))
        for s in range(stages)
    )
    pipeline = Pipeline(
        name="large",
        stages=chain,
        slo_s=float(rng.uniform(0.1, 0.6)) * stages,
        idle_watts_per_core=1,
        busy_watts_per_core=2,
    )
    objective = Objective(alpha=float(rng.choice([10, 50, 200])), beta=0.5, delta=1e-6)
    nodes = (int(rng.integers(10, 25)) * stages,) if rng.random() < 0.5 else None
    return ipa_problem(
        pipeline,
        float(rng.uniform(5, 40)),
        Limits(max_replicas=50, node_cores=nodes),
        objective,
        accuracy="product" if rng.random() < 0.5 else "sum",
    )


def test_the_optimum_is_that_of_exhaustive_search() -> None:
    feasible = 0
    for seed in range(600):
        _, problem = random_problem(seed)
        expected, found = brute_force(problem), frontier.solve(problem)
        assert found.feasible == expected.feasible, seed
        assert found.objective == pytest.approx(expected.objective, abs=1e-9), seed
        assert is_feasible(problem, plan_of(problem, found)) == found.feasible, seed
        if not found.feasible:
            assert found.configuration == expected.configuration
        feasible += found.feasible
    assert 150 < feasible < 450


def test_the_optimum_is_that_of_the_integer_program_on_larger_problems() -> None:
    feasible = 0
    for seed in range(60):
        problem = large_problem(seed, stages=5 + seed % 6, variants=6)
        options = undominated_options(problem)
        if not all(len(stage.choices) for stage in options):
            continue
        expected, found = ipa.solve_options(problem, options, started_s=0.0), frontier.solve(problem)
        reduced = ipa.solve(problem)
        assert found.feasible == expected.feasible == reduced.feasible, seed
        assert found.objective == pytest.approx(expected.objective, abs=1e-7), seed
        assert reduced.objective == pytest.approx(found.objective, abs=1e-7), seed
        assert found.objective >= expected.objective - 1e-9, seed
        feasible += found.feasible
    assert feasible > 30


def test_more_time_never_lowers_the_optimum() -> None:
    problem = large_problem(3, stages=6, variants=6)
    found = [frontier.solve(replace(problem, slo_s=slo_s)) for slo_s in np.linspace(0.3, 6.0, 40).tolist()]
    values = [each.objective for each in found if each.feasible]
    assert len(values) > 20
    assert values == sorted(values)
    assert values[0] < values[-1]


def test_the_pareto_set_is_that_of_all_plans() -> None:
    sizes = []
    for seed in range(120):
        _, problem = random_problem(seed)
        best = problem.accuracy == "product"
        every = [
            (
                float(np.prod([c.accuracy for c, _ in plan]) if best else sum(c.accuracy for c, _ in plan)),
                float(sum(n * c.cores for c, n in plan)),
                sum(stage_latency_s(c, problem.rate_rps) for c, _ in plan),
            )
            for plan in every_plan(problem)
            if is_feasible(problem, plan)
        ]
        points = np.array(sorted(set(every))).reshape(-1, 3)
        signed = points * [-1, 1, 1]
        beaten = [bool(((signed <= p + 1e-12).all(axis=1) & (signed < p - 1e-12).any(axis=1)).any()) for p in signed]
        expected = points[~np.array(beaten, dtype=bool)] if len(points) else points
        found = pareto_set(problem)
        got = np.column_stack([found.accuracy, found.cores, found.latency_s])
        assert len(got) == len({tuple(np.round(row, 9)) for row in expected.tolist()}), seed
        for row in got:
            assert np.abs(expected - row).max(axis=1).min() < 1e-9
        assert all(is_feasible(problem, plan) for plan in found.plans)
        sizes.append(len(got))
    assert max(sizes) > 10


def test_the_optimum_is_in_the_pareto_set() -> None:
    problem = small_problem(rate_rps=17.0)
    found, weights = pareto_set(problem), problem.objective
    values = weights.alpha * found.accuracy - weights.beta * found.cores
    assert values.max() == pytest.approx(frontier.solve(problem).objective, abs=1e-4)


def test_few_options_are_left_where_a_plan_is_known() -> None:
    left = every = 0
    for seed in range(20):
        problem = large_problem(seed, stages=8, variants=6)
        options = undominated_options(problem)
        left += sum(len(stage.choices) for stage in promising_options(problem, options))
        every += sum(len(stage.choices) for stage in options)
    assert left < 0.5 * every
