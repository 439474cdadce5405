"""Sponge's optimum: program and rule agree, and the logged decisions of its authors come out again."""

import csv
from pathlib import Path

import pytest

from ipagym import profiles
from ipagym.optimize.solver import SolverSettings
from ipagym.optimize.sponge import Point, SpongeProblem, planned_s, points_of, solve
from ipagym.system.errors import InputError
from tests.fewest_replicas import fewest_replicas
from tests.first_feasible import first_feasible

LOGS = Path(__file__).parents[2] / "shared" / "data" / "sponge"
needs_logs = pytest.mark.skipif(not LOGS.is_dir(), reason="the logged decisions are not at hand")


def points(profile: str) -> tuple[Point, ...]:
    stage = profiles.load(profile).pipeline.stages[0]
    variant = stage.variants[0]
    return points_of({c: variant.latency_on(c) for c in variant.core_choices}, stage.batches)


def in_whole_milliseconds(every: tuple[Point, ...]) -> tuple[Point, ...]:
    """The released optimiser cuts every latency to whole milliseconds."""
    return tuple(Point(cores=p.cores, batch=p.batch, latency_s=int(1000 * p.latency_s) / 1000) for p in every)


def rows(name: str) -> list[dict[str, float]]:
    with (LOGS / name).open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


@needs_logs
def test_the_logged_cores_come_out_again() -> None:
    options, cores, same = in_whole_milliseconds(points("sponge-yolov5n")), 16, 0
    logged = rows("sponge_golden_sponge_yolov5n_40rps.csv")
    for row in logged:
        network_s = (1000 - row["latest_sla_ms"]) / 1000
        found = first_feasible(SpongeProblem(points=options, rate_rps=40, slo_s=1.0, network_max_s=network_s))
        cores = found.point.cores if found.feasible and found.point else cores
        same += cores == row["cpu_per_replica"]
    assert (same, len(logged)) == (530, 530)


@needs_logs
def test_the_logged_replicas_of_fa2_come_out_again() -> None:
    latency_s = {p.batch: p.latency_s for p in in_whole_milliseconds(points("sponge-yolov5s")) if p.cores == 1}
    replicas, same = 1, 0
    logged = rows("sponge_golden_fa2_yolov5s_20rps.csv")
    for row in logged:
        network_s = (1000 - row["latest_sla_ms"]) / 1000
        found = fewest_replicas(latency_s, 20, slo_s=1.0, network_s=network_s, max_replicas=16)
        replicas = found[0] if found else replicas
        same += replicas == row["replicas"]
    assert (same, len(logged)) == (561, 561)


@pytest.mark.parametrize(
    ("remaining_ms", "expected"), [(1000, (9, 4)), (950, (11, 4)), (932, (11, 5)), (906, (13, 5)), (862, (16, 5))]
)
def test_the_worked_decisions(remaining_ms: int, expected: tuple[int, int]) -> None:
    options = in_whole_milliseconds(points("sponge-yolov5s"))
    asked = SpongeProblem(points=options, rate_rps=20, slo_s=1.0, network_max_s=(1000 - remaining_ms) / 1000)
    points_found = [s.point for s in (first_feasible(asked), solve(asked))]
    assert [(p.cores, p.batch) for p in points_found if p] == [expected] * 2


def test_the_notebooks_example() -> None:
    law = {"gamma": 18.290, "delta": 4.488, "epsilon": 45.469, "eta": 1.046}
    options = tuple(
        Point(
            cores=c,
            batch=b,
            latency_s=int(law["gamma"] * b / c + law["delta"] * b + law["epsilon"] / c + law["eta"]) / 1000,
        )
        for c in range(1, 17)
        for b in range(1, 17)
    )
    asked = SpongeProblem(points=options, rate_rps=100, slo_s=1.0, network_max_s=0.05, reserve=1.0)
    found = first_feasible(asked)
    assert found.point is not None
    assert (found.point.cores, found.point.batch) == (5, 10)


@pytest.mark.parametrize("solver", ["highs", "cbc"])
@pytest.mark.parametrize("profile", ["sponge-yolov5s", "sponge-yolov5n", "sponge-resnet18"])
def test_program_and_rule_agree(profile: str, solver: str) -> None:
    options, feasible = points(profile), 0
    cases = [(rate, way_ms / 1000) for rate in (0, 1, 7, 20, 40, 100) for way_ms in range(0, 900, 60)]
    for rate, network_s in cases:
        asked = SpongeProblem(points=options, rate_rps=rate, slo_s=1.0, network_max_s=network_s)
        by_rule, by_program = first_feasible(asked), solve(asked, SolverSettings(solver=solver))
        assert (by_rule.point, by_rule.status) == (by_program.point, by_program.status), (rate, network_s)
        feasible += by_rule.feasible
    assert 0.3 * len(cases) < feasible < len(cases)


def test_what_cannot_be_met_is_come_nearest_to() -> None:
    options = points("sponge-yolov5s")
    asked = SpongeProblem(points=options, rate_rps=20, slo_s=1.0, network_max_s=0.95)
    found = solve(asked)
    best = min(planned_s(asked, point) for point in options)
    assert not found.feasible
    assert found.point is not None
    assert planned_s(asked, found.point) == best


@pytest.mark.parametrize(
    "changes",
    [{"rate_rps": float("inf")}, {"slo_s": 0.0}, {"network_max_s": -0.1}, {"points": ()}, {"delta": 0.5}],
)
def test_unusable_problems_are_refused(changes: dict[str, object]) -> None:
    fields = {"points": points("sponge-yolov5s"), "rate_rps": 20.0, "slo_s": 1.0, "network_max_s": 0.0} | changes
    with pytest.raises(InputError):
        SpongeProblem(**fields)  # type: ignore[arg-type]
