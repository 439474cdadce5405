"""InfAdapter's integer program against the enumeration of all its allocations."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import settings

from ipagym import profiles
from ipagym.model.pipeline import Variant
from ipagym.optimize.infadapter.planned_capacity import planned_rps
from ipagym.optimize.infadapter.program import Candidate, InfAdapterProblem, objective_value, solve
from ipagym.optimize.solver import SolverSettings
from ipagym.system.errors import InputError

BETAS = [0.0125, 0.05, 0.2]
"""Weights of all 20 cores together that the paper shows."""


def candidates() -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            name=variant.name,
            accuracy=variant.accuracy,
            load_s=variant.load_s,
            capacity_rps={n: planned_rps(measured(variant), n) for n in range(2, 21)},
        )
        for variant in profiles.load("resnet").pipeline.stages[0].variants
    )


def measured(variant: Variant) -> dict[int, float]:
    return {n: variant.latency_on(n).throughput_rps(1) for n in variant.core_choices}


def problem(rate_rps: float, beta: float, previous: dict[str, int]) -> InfAdapterProblem:
    return InfAdapterProblem(candidates=candidates(), rate_rps=rate_rps, budget=20, beta=beta / 20, previous=previous)


class Enumeration:
    """All allocations of up to 20 cores, each variant none or 2 to 20, and their objectives."""

    def __init__(self, previous: dict[str, int]) -> None:
        allowed = (0, *range(2, 21))
        every = [cores for cores in product(allowed, repeat=5) if 0 < sum(cores) <= 20]
        self.cores = np.array(every)
        self.known = candidates()
        tables = [np.array([0, 0, *(c.capacity_rps[n] for n in range(2, 21))]) for c in self.known]
        self.capacity = np.stack([table[self.cores[:, i]] for i, table in enumerate(tables)], axis=1)
        before = np.array([previous.get(c.name, 0) for c in self.known])
        made = (self.cores > 0) & (self.cores != before)
        self.longest_s = (made * np.array([c.load_s for c in self.known])).max(axis=1)

    def best(self, rate_rps: float, beta: float) -> float:
        """The largest objective of those that carry the rate."""
        left = np.full(len(self.cores), rate_rps)
        accuracy = np.zeros(len(self.cores))
        for i in range(4, -1, -1):
            quota = np.minimum(self.capacity[:, i], left)
            accuracy += quota / rate_rps * self.known[i].accuracy
            left -= quota
        value = accuracy - beta / 20 * self.cores.sum(axis=1) - 0.001 / 8.52 * self.longest_s
        return float(value[left <= 1e-9].max())


def test_there_are_as_many_allocations_as_published() -> None:
    assert len(Enumeration({}).cores) + 1 == 20_529


def test_planned_capacities_are_the_published_ones() -> None:
    assert [c.capacity_rps[20] for c in candidates()] == [386, 207, 162, 81, 59]
    assert [c.capacity_rps[2] for c in candidates()] == [34, 20, 14, 8, 4]


@pytest.mark.parametrize("beta", BETAS)
def test_the_optimum_is_that_of_the_enumeration(beta: float) -> None:
    """At every load in the nightly profile, at every nineteenth as usual."""
    previous = {"resnet152": 20}
    enumeration = Enumeration(previous)
    for rate in range(10, 387, 1 if settings.default.max_examples > 200 else 19):  # type: ignore[union-attr]
        asked = problem(float(rate), beta, previous)
        found = solve(asked)
        assert found.feasible, rate
        assert found.objective == pytest.approx(enumeration.best(rate, beta), abs=1e-9), rate
        assert sum(found.cores.values()) <= 20
        assert sum(found.share.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("rate", "cores"),
    [
        (20, {"resnet152": 8}),
        (40, {"resnet101": 10}),
        (60, {"resnet50": 8}),
        (80, {"resnet50": 10}),
        (120, {"resnet50": 15}),
        (200, {"resnet50": 16, "resnet18": 4}),
    ],
)
def test_the_optima_at_known_loads(rate: int, cores: dict[str, int]) -> None:
    found = solve(problem(float(rate), 0.05, {}))
    assert found.cores == cores
    if rate in (20, 200):
        assert found.objective == pytest.approx({20: 0.7621, 200: 0.6879}[rate], abs=2e-4)


@pytest.mark.parametrize("rate", [30, 100, 250])
def test_both_solvers_agree_from_any_allocation(rate: int) -> None:
    for previous in ({}, {"resnet18": 4, "resnet50": 9}, {"resnet101": 2, "resnet152": 12}):
        asked = problem(float(rate), 0.05, previous)
        values = [solve(asked, SolverSettings(solver=solver)).objective for solver in ("highs", "cbc")]
        assert values == pytest.approx([Enumeration(previous).best(rate, 0.05)] * 2, abs=1e-9)


def test_more_than_can_be_carried_gets_the_largest_capacity() -> None:
    found = solve(problem(387.0, 0.05, {}))
    assert (found.feasible, found.cores, found.share) == (False, {"resnet18": 20}, {"resnet18": 1.0})


@pytest.mark.parametrize("solver", ["highs", "cbc"])
@pytest.mark.parametrize("unit_rps", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize(("short", "cores"), [(0.0, {"a": 2}), (5e-10, {"a": 2}), (1e-8, {"a": 3}), (3e-7, {"a": 3})])
def test_an_allocation_carries_the_load_to_nine_digits(
    short: float, cores: dict[str, int], unit_rps: float, solver: str
) -> None:
    capacity = {n: 10.0 * n * unit_rps for n in (1, 2, 3)}
    known = (
        Candidate(name="a", accuracy=0.9, load_s=0.0, capacity_rps=capacity),
        Candidate(name="b", accuracy=0.5, load_s=0.0, capacity_rps={3: 30 * unit_rps}),
    )
    asked = InfAdapterProblem(candidates=known, rate_rps=20 * unit_rps * (1 + short), budget=4, previous={})
    found = solve(asked, SolverSettings(solver=solver))
    assert (found.feasible, found.cores) == (True, cores)
    assert solve(replace(asked, budget=2), SolverSettings(solver=solver)).feasible == (cores == {"a": 2})


def test_what_runs_already_is_kept_where_a_change_is_worth_less_than_its_loading() -> None:
    asked = problem(30.0, 0.05, {"resnet152": 11})
    assert solve(asked).cores == {"resnet152": 11}
    assert objective_value(asked, {"resnet152": 12}) < objective_value(asked, {"resnet152": 11})


def test_no_load_is_served_by_the_smallest_deployment_worth_its_cores() -> None:
    found = solve(problem(0.0, 0.2, {}))
    assert sum(found.cores.values()) == 2


@pytest.mark.parametrize("changes", [{"rate_rps": float("nan")}, {"rate_rps": -1.0}, {"budget": 1}, {"candidates": ()}])
def test_unusable_problems_are_refused(changes: dict[str, object]) -> None:
    fields = {"candidates": candidates(), "rate_rps": 50.0, "budget": 20, "previous": {}} | changes
    with pytest.raises(InputError):
        InfAdapterProblem(**fields)  # type: ignore[arg-type]
