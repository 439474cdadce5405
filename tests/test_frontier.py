"""The frontier solver against exhaustive search and the integer program; the Pareto set against its definition."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from ipagym.envs.scenarios import make_scenario
from ipagym.model.configuration import Limits
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.optimize.frontier import solve as frontier
from ipagym.optimize.ipa import paper as ipa_paper
from ipagym.optimize.ipa import program as ipa
from ipagym.optimize.ipa.presolve import promising_options
from ipagym.optimize.options import undominated_options
from ipagym.optimize.problem import Choice, IpaProblem, ipa_problem, stage_latency_s
from ipagym.optimize.solver import SolverSettings
from ipagym.optimize.stats import Status
from ipagym.task.objective import Objective
from tests.binding import best_value, binding_problem
from tests.brute_force import brute_force, is_feasible
from tests.pareto import pareto_set
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


def choice(name: str, latency_s: float, cores: int, accuracy: float = 0.5, stage: int = 0) -> Choice:
    return Choice(
        stage=stage,
        variant=name,
        batch=1,
        latency_s=latency_s,
        throughput_rps=1 / latency_s,
        cores=cores,
        accuracy=accuracy,
    )


def test_a_plan_that_no_price_points_to_is_found() -> None:
    """Neither the fastest nor the smallest variant is feasible; the one that is lies above the line between them."""
    stage = (choice("fast", 0.1, 16), choice("middle", 0.45, 10), choice("slow", 0.6, 1))
    problem = IpaProblem(
        stages=(stage,), rate_rps=1.0, slo_s=0.5, objective=Objective(), max_replicas=4, total_cores=10
    )
    found = frontier.solve(problem)
    assert (found.status, found.answer.stages[0].first.variant) == (Status.OPTIMAL, "middle")
    assert found.objective == pytest.approx(2 * 0.5 - 10 - 1e-6, abs=1e-12)


def test_the_video_pipeline_on_one_small_node() -> None:
    scenario = make_scenario("joint")
    pipeline = replace(scenario.pipeline, slo_s=1.42)
    problem = ipa_problem(pipeline, 26.0, Limits(node_cores=(8,)), scenario.objective)
    found = frontier.solve(problem)
    assert (found.status, str(found.answer)) == (Status.OPTIMAL, "yolov5s×6 b1 -> resnet18×2 b1")
    assert found.objective == pytest.approx(15.770798, abs=1e-6)


UNITS = [(1.0, 1.0), (1e-9, 1.0), (1e6, 1.0), (1.0, 1e-9), (1.0, 1e6)]
"""Units of time in seconds, and of the weights of the objective."""

WITHOUT_KNOWN_PLAN = (200, 428, 459, 640, 672, 759)
"""Problems for which no feasible plan comes with the bound: in the first three once options that fit nowhere are in."""


@pytest.mark.parametrize(("time_unit_s", "weight"), UNITS)
def test_the_optimum_is_that_of_exhaustive_search_where_slo_and_cores_bind(time_unit_s: float, weight: float) -> None:
    without_known_plan = 0
    for seed in [*range(200 if time_unit_s == weight else 60), *WITHOUT_KNOWN_PLAN]:
        problem = binding_problem(seed, time_unit_s=time_unit_s, weight=weight)
        expected, found = best_value(problem), frontier.solve(problem)
        assert found.feasible == (expected is not None), seed
        if expected is not None:
            assert found.objective == pytest.approx(expected, abs=1e-10 * weight, rel=1e-10), seed
            assert is_feasible(problem, plan_of(problem, found)), seed
            without_known_plan += frontier.solve(problem, 1e-9).status is Status.NO_ANSWER
    assert without_known_plan >= 3


@pytest.mark.parametrize(("time_unit_s", "weight"), UNITS)
@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_the_integer_program_agrees_where_slo_and_cores_bind(solver: str, time_unit_s: float, weight: float) -> None:
    for seed in [*range(40), 52, 70, 116, *WITHOUT_KNOWN_PLAN]:
        problem = binding_problem(seed, time_unit_s=time_unit_s, weight=weight)
        expected, found = frontier.solve(problem), ipa.solve(problem, SolverSettings(solver=solver))
        assert found.status is expected.status, seed
        assert found.objective == pytest.approx(expected.objective, abs=1e-9 * weight, rel=1e-9), seed


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize(("missing", "feasible"), [(0.0, True), (5e-10, True), (1e-8, False), (3e-7, False)])
def test_an_slo_is_met_to_nine_digits_by_every_solver(scale: float, missing: float, feasible: bool) -> None:
    """The SLO is exactly the sum of the latencies, or less by a share that rounding makes, or does not."""
    seconds = (0.1 * scale, 0.2 * scale, 0.3 * scale)
    stages = tuple((choice("v", each, 2, 0.5, s), choice("w", 2 * each, 1, 0.9, s)) for s, each in enumerate(seconds))
    problem = IpaProblem(
        stages=stages,
        rate_rps=0.0,
        slo_s=sum(seconds) * (1 - missing),
        objective=Objective(alpha=1.0),
        max_replicas=4,
        total_cores=6,
    )
    solvers = [SolverSettings(solver=name) for name in ("highs", "cbc")]
    found = [brute_force(problem), frontier.solve(problem)]
    found += [form(problem, solver) for form in (ipa.solve, ipa_paper.solve) for solver in solvers]
    assert [each.feasible for each in found] == [feasible] * 6
    assert len({each.configuration for each in found}) == 1


def test_numbers_beyond_all_measure_do_no_harm() -> None:
    stage = (choice("v", 0.5, 2, 0.5), choice("w", 0.25, 1, 0.4))
    plain = IpaProblem(
        stages=(stage, stage), rate_rps=1.0, slo_s=inf, objective=Objective(alpha=60.0), max_replicas=5, total_cores=8
    )
    batches = tuple(
        replace(each, variant=each.variant * 2, batch=8, throughput_rps=16.0, accuracy=0.9) for each in stage
    )
    cases = {
        "no limit": (plain, True),
        "a load of nearly nothing, for which a batch never fills": (
            replace(plain, rate_rps=1e-320, stages=((*stage, *batches),)),
            True,
        ),
        "a load that no number of replicas carries": (replace(plain, rate_rps=1e308), False),
        "a deadline of nearly nothing": (replace(plain, slo_s=1e-320), False),
        "no use for accuracy": (replace(plain, objective=Objective(alpha=0.0, beta=0.0, delta=0.0)), True),
    }
    for name, (problem, feasible) in cases.items():
        for solve in (brute_force, frontier.solve, ipa.solve, ipa_paper.solve):
            found = solve(problem)
            assert found.feasible == feasible, name
            assert found.objective == pytest.approx(brute_force(problem).objective, rel=1e-9), name
