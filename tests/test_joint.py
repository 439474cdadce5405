"""The joint program against exhaustive search over all four knobs, sharing and nodes."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from ipagym.envs.scenarios import make_scenario
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.validity import check
from ipagym.optimize.joint.program import JointProblem, solve
from ipagym.optimize.joint.stage_plans import choices_on_all_cores
from ipagym.optimize.problem import TOLERANCE, Choice, queue_wait_s
from ipagym.optimize.solver import SolverSettings
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective


def random_problem(seed: int) -> JointProblem:
    rng = np.random.default_rng(seed)

    def model(base_s: float, cores: int) -> LatencyModel:
        seconds = {b: float(base_s * (0.4 + 0.6 * b) / cores**0.7) for b in (1, 2)}
        return LatencyModel(average_s=seconds, p99_s=seconds)

    def variant(name: str) -> Variant:
        base_s = float(rng.uniform(0.05, 0.4))
        on_cores = {2: model(base_s, 2)} if rng.random() < 0.7 else {}
        accuracy = float(rng.uniform(0.3, 1.0))
        return Variant(
            name=name, accuracy=accuracy, base_cores=1, load_s=1.0, latency=model(base_s, 1), on_cores=on_cores
        )

    stages = tuple(
        Stage(name=f"s{s}", variants=(variant("a"), variant("b")), batches=(1, 2)[: int(rng.integers(1, 3))])
        for s in range(int(rng.integers(1, 3)))
    )
    pipeline = Pipeline(
        name="random",
        stages=stages,
        slo_s=float(rng.uniform(0.2, 2.5)),
        idle_watts_per_core=0.0,
        busy_watts_per_core=0.0,
    )
    nodes = tuple(int(n) for n in rng.integers(1, 5, size=int(rng.integers(1, 4)))) if rng.random() < 0.6 else None
    return JointProblem(
        pipeline=pipeline,
        rate_rps=float(rng.uniform(1, 14)),
        limits=Limits(max_replicas=3, node_cores=nodes, max_deployments=int(rng.integers(1, 3))),
        objective=Objective(
            alpha=float(rng.choice([2, 20])), beta=float(rng.choice([0.2, 1.0])), delta=float(rng.choice([1e-6, 0.01]))
        ),
        network_max_s=float(rng.choice([0.0, 0.1])),
        accuracy="product" if rng.random() < 0.6 else "sum",
    )


Deployment = tuple[Choice, int]


def best_of(problem: JointProblem) -> float | None:
    """The largest objective of all sets of deployments that carry the load, fit the SLO and can be placed."""
    rate, most = problem.rate_rps, problem.limits.max_replicas
    by_stage: list[list[tuple[tuple[Deployment, ...], float, float]]] = []
    for index, stage in enumerate(problem.pipeline.stages):
        every = [(c, n) for c in choices_on_all_cores(index, stage) for n in range(1, most + 1)]
        sets: list[tuple[Deployment, ...]] = [(each,) for each in every]
        if problem.limits.max_deployments > 1:
            sets += [pair for pair in combinations(every, 2) if pair[0][0].variant != pair[1][0].variant]
        by_stage.append([found for each in sets if (found := served(each, rate)) is not None])
    values = []
    for chosen in product(*by_stage):
        if sum(latency for _, _, latency in chosen) > problem.slo_s * (1 + TOLERANCE):
            continue
        replicas = [c.cores for deployments, _, _ in chosen for c, n in deployments for _ in range(n)]
        if problem.limits.node_cores is not None and not fits(
            sorted(replicas, reverse=True), problem.limits.node_cores
        ):
            continue
        accuracies = [accuracy for _, accuracy, _ in chosen]
        pas = float(np.prod(accuracies)) if problem.accuracy == "product" else sum(accuracies)
        batches = sum(c.batch for deployments, _, _ in chosen for c, _ in deployments)
        weights = problem.objective
        values.append(weights.alpha * pas - weights.beta * sum(replicas) - weights.delta * batches)
    return max(values, default=None)


def served(deployments: tuple[Deployment, ...], rate: float) -> tuple[tuple[Deployment, ...], float, float] | None:
    """The deployments with their accuracy and latency, the most accurate one filled first; none if they do not do."""
    left, accuracy, latency = rate, 0.0, 0.0
    for choice, n in sorted(deployments, key=lambda each: -each[0].accuracy):
        quota = min(left, n * choice.throughput_rps)
        if quota <= rate * TOLERANCE:
            return None
        accuracy += quota / rate * choice.accuracy
        latency = max(latency, choice.latency_s + queue_wait_s(choice.batch, quota))
        left -= quota
    return None if left > rate * TOLERANCE else (deployments, accuracy, latency)


def fits(sizes: list[int], nodes: tuple[int, ...]) -> bool:
    """Whether all replicas find room, by trying every node for each."""
    if not sizes:
        return True
    for node in {room: i for i, room in enumerate(nodes)}.values():
        if nodes[node] >= sizes[0]:
            left = tuple(room - sizes[0] if i == node else room for i, room in enumerate(nodes))
            if fits(sizes[1:], left):
                return True
    return False


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_the_optimum_is_that_of_exhaustive_search(solver: str) -> None:
    feasible = 0
    for seed in range(80 if solver == "highs" else 20):
        problem = random_problem(seed)
        expected, found = best_of(problem), solve(problem, SolverSettings(solver=solver))
        assert found.feasible == (expected is not None), seed
        check(found.answer, problem.pipeline, problem.limits)
        if expected is not None:
            assert found.objective == pytest.approx(expected, abs=1e-7), seed
            feasible += 1
    assert feasible >= 10


def test_two_deployments_are_better_than_one_where_neither_variant_fits_alone() -> None:
    problem = random_problem(0)
    values = []
    for deployments in (1, 2):
        scenario = make_scenario("joint")
        limits = Limits(max_replicas=2, node_cores=(6,), max_deployments=deployments)
        asked = JointProblem(pipeline=scenario.pipeline, rate_rps=9.0, limits=limits, objective=Objective(alpha=60.0))
        values.append(solve(asked).objective)
    assert values[1] >= values[0]
    assert problem.slo_s == problem.pipeline.slo_s - problem.network_max_s


def test_the_joint_scenario_is_solved_and_every_knob_is_used() -> None:
    scenario = make_scenario("joint")
    chosen: list[Configuration] = []
    for rate in (4.0, 12.0, 20.0, 30.0):
        for network_s in (0.05, 0.3, 1.1):
            problem = JointProblem(
                pipeline=scenario.pipeline,
                rate_rps=rate,
                limits=scenario.limits,
                objective=scenario.objective,
                network_max_s=network_s,
            )
            chosen.append(solve(problem).answer)
            check(chosen[-1], scenario.pipeline, scenario.limits)
    settings = [each for configuration in chosen for each in configuration.first_deployments]
    for knob in ("variant", "replicas", "batch", "cores"):
        assert len({getattr(setting, knob) for setting in settings}) > 1, knob


def test_a_deadline_of_microseconds_is_kept() -> None:
    """What is left of the SLO is never taken for more than the SLO."""
    pipeline = replace(random_problem(0).pipeline, slo_s=1e-6)
    problem = JointProblem(pipeline=pipeline, rate_rps=1.0, limits=Limits(), objective=Objective())
    assert problem.slo_s == 1e-6
    late = replace(problem, network_max_s=1.0)
    assert 0 < late.slo_s < 1e-6
    assert not solve(problem).feasible


@pytest.mark.parametrize("network_s", [-0.1, float("inf"), float("nan")])
def test_an_unusable_way_is_refused(network_s: float) -> None:
    scenario = make_scenario("joint")
    with pytest.raises(InputError, match="network_max_s"):
        JointProblem(
            pipeline=scenario.pipeline,
            rate_rps=1.0,
            limits=scenario.limits,
            objective=scenario.objective,
            network_max_s=network_s,
        )
