"""No course of decisions earns more than the bound, and the bound is not beside the point."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import exp, lgamma, log, log1p
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipagym.bench.bound.bound import Demand, bound, demand_of, most_per_window
from ipagym.bench.bound.sampling import CHANCE, FARTHEST, LEVELS, most_below
from ipagym.bench.bound.sharing_out import Span, greatest, spans_of
from ipagym.bench.episode import run_episode
from ipagym.bench.storage.table import episode_frame
from ipagym.cluster.sim import CompiledCluster
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.window import Window
from ipagym.task.objective import Objective
from ipagym.task.physics import Physics
from ipagym.task.reward import Rewards
from ipagym.task.scenario import Scenario
from tests.strategies import Run, runs
from tests.tiny import FixedRates

Asked = Sequence[Configuration]


def played(scenario: Scenario, seed: int, asked: Asked) -> tuple[float, Demand]:
    """What a course earns per window, and what came."""
    cluster = CompiledCluster(scenario)
    cluster.reset(seed)
    window = cluster.advance(scenario.interval_s)
    waiting, per_s, earned = window.in_system, [], 0.0
    rewards = Rewards(scenario.pipeline, scenario.limits.max_deployments)
    for configuration in asked:
        before = window.configuration
        cluster.apply(configuration)
        window = cluster.advance(scenario.interval_s)
        per_s.append(window.arrivals_per_s)
        earned += scenario.objective.scalar(rewards.of_window(window, before))
    return earned / len(asked), Demand(arrivals_per_s=per_s, waiting=waiting)


def objectives() -> st.SearchStrategy[Objective]:
    """Every weight, from nothing to what outweighs all others."""
    return st.builds(
        Objective,
        alpha=st.sampled_from([0.0, 2.0, 50.0]),
        beta=st.sampled_from([0.0, 0.1, 1.0]),
        delta=st.sampled_from([0.0, 0.01]),
        violation=st.sampled_from([0.0, 1.0, 5.0, 200.0]),
        switching=st.sampled_from([0.0, 0.1]),
        energy=st.sampled_from([0.0, 1.0, 20.0]),
        gamma=st.sampled_from([0.0, 0.1]),
    )


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(run=runs(), objective=objectives(), pace=st.sampled_from([1, 2, 5]))
def test_no_course_earns_more(run: Run, objective: Objective, pace: int) -> None:
    """With everything that the physics knows: graphs, sets, drops, sleep, networks, every spread and every fault."""
    scenario = replace(run.scenario, objective=objective)
    decided = [configuration for configuration, _ in run.decisions]
    number = scenario.windows - 1
    for asked in ([scenario.initial] * number, [decided[t // pace % len(decided)] for t in range(number)]):
        earned, demand = played(scenario, run.seed, asked)
        assert earned <= bound(scenario, demand) + 1e-9


def one_model(*, service: str, cores: int = 1, load_s: float = 0.0) -> Scenario:
    """One stage, one variant that takes half a second for a request; four requests in a second, for 40 s."""
    points = {1: 0.5}
    model = Variant(
        name="v",
        accuracy=0.5,
        base_cores=cores,
        load_s=load_s,
        latency=LatencyModel(average_s=points, p99_s={1: 0.6}),
    )
    pipeline = Pipeline(
        name="one",
        stages=(Stage(name="s", variants=(model,), batches=(1,)),),
        slo_s=1.0,
        idle_watts_per_core=1.0,
        busy_watts_per_core=2.0,
    )
    return Scenario(
        pipeline=pipeline,
        workload=FixedRates(rates=(4.0,) * 40),
        initial=Configuration((StageSetting.of("v", 2, 1),)),
        objective=Objective(alpha=10.0, beta=1.0, delta=0.0, violation=200.0),
        physics=Physics(service=service, arrivals="uniform"),
        limits=Limits(max_replicas=6),
        interval_s=10.0,
    )


def test_the_bound_is_that_of_a_fluid_where_there_is_no_chance() -> None:
    """Four requests of half a core-second keep two cores busy; those whose deadline may be the end or later, of the
    last two seconds, need not be served, and two were at work before.
    """
    scenario = one_model(service="constant")
    earned, demand = played(scenario, 0, [scenario.initial] * 3)
    assert demand.waiting == 2
    assert bound(scenario, demand) == pytest.approx(10 * 0.5 - 0.1 * 0.5 * (4 * 28 - 2) / 3)
    assert earned == pytest.approx(10 * 0.5 - 1.0 * 2.0), "it can nearly be had: two replicas are always busy"


def test_chance_makes_the_bound_looser_and_energy_is_in_it() -> None:
    scenario = one_model(service="constant")
    _, demand = played(scenario, 0, [scenario.initial] * 3)
    certain = bound(scenario, demand)
    assert certain < bound(one_model(service="measured"), demand) < certain + 1.0
    dear = replace(scenario, objective=Objective(alpha=10.0, beta=0.0, delta=0.0, energy=100.0))
    kilojoules = 2.0 * 0.5 * (4 * 28 - 2) / 3 / 1000
    assert bound(dear, demand) == pytest.approx(5.0 - 100 * kilojoules)


def test_a_held_replica_is_paid_for_where_nothing_comes() -> None:
    scenario = replace(one_model(service="constant", cores=3), workload=FixedRates(rates=(0.0,) * 40))
    _, demand = played(scenario, 0, [Configuration((StageSetting.of("v", 1, 1),))] * 3)
    assert bound(scenario, demand) == pytest.approx(5.0 - 3.0) == most_per_window(scenario)
    bounded = replace(scenario, limits=Limits(max_replicas=2, node_cores=(3,)))
    assert bound(bounded, demand) == pytest.approx(5.0), "on nodes it might wait for room"


def test_the_bound_is_read_from_a_stored_episode() -> None:
    scenario = one_model(service="measured")

    class Held:
        def reset(self, *_: object) -> None: ...

        def decide(self, window: Window) -> Configuration:
            return scenario.initial

    frame = episode_frame(run_episode(Held(), CompiledCluster(scenario), scenario, 3), scenario)
    _, demand = played(scenario, 3, [scenario.initial] * 3)
    found = demand_of(frame)
    assert found.waiting == demand.waiting
    assert [each.tolist() for each in found.arrivals_per_s] == [each.tolist() for each in demand.arrivals_per_s]


@pytest.mark.parametrize("draws", [1, 40, 3000])
@pytest.mark.parametrize("level", [0.0, 1.0, 2.5, 4.0])
def test_draws_below_a_level_are_no_more_than_said(draws: int, level: float) -> None:
    p, most = NormalDist().cdf(-level), most_below(level, draws)
    numbers = range(most + 1, min(draws, most + 400) + 1)
    more = sum(
        exp(lgamma(draws + 1) - lgamma(k + 1) - lgamma(draws - k + 1) + k * log(p) + (draws - k) * log1p(-p))
        for k in numbers
    )
    assert more <= CHANCE / len(LEVELS)
    assert most <= draws
    assert most_below(FARTHEST, draws) == 0


def rectangles(worths: Sequence[float], violation: float, spans: Sequence[Span]) -> float:
    """The best of all ways to complete or to violate every request in one of the windows allowed to it, by trying."""
    allowed = [
        (t, min(t + late, len(spans) - 1))
        for t, s in enumerate(spans)
        for late, n in enumerate(s.groups)
        for _ in range(n)
    ]
    ways = [[(t, kept) for t in range(first, last + 1) for kept in (True, False)] for first, last in allowed]
    best = -np.inf
    for way in product(*ways):
        completed, violated = [0] * len(spans), [0] * len(spans)
        for t, kept in way:
            (completed if kept else violated)[t] += 1
        shares = [min(1.0, v / max(s.arrivals, 1)) for v, s in zip(violated, spans, strict=True)]
        best = max(best, sum(worths[n] for n in completed) - violation * sum(shares))
    return best


GROUPS = [
    [(1, 1, 0), (2, 0, 0), (1, 0, 0)],
    [(0, 1, 1), (0, 1, 0), (1, 0, 0)],
    [(2, 0, 0), (0, 0, 0), (3, 0, 0)],
    [(0, 2, 1), (1, 0, 0), (0, 0, 0)],
]


@pytest.mark.parametrize("groups", GROUPS, ids=str)
@pytest.mark.parametrize("violation", [0.0, 0.5, 2.0, 6.0, 100.0])
@pytest.mark.parametrize("slope", [(3.0, 1.0, 0.5), (5.0, 5.0, 5.0), (4.0, 0.0, 0.0)])
def test_no_way_to_share_out_requests_is_worth_more(
    groups: list[tuple[int, int, int]], violation: float, slope: tuple[float, float, float]
) -> None:
    falls = np.concatenate([[0.0], slope, np.full(9, slope[-1])])
    worths = 10.0 - np.cumsum(falls)
    counts = [sum(each) for each in groups]
    spans = [Span(windows=1, groups=g, arrivals=sum(g), most=max(counts)) for g in groups]
    best, found = rectangles(worths.tolist(), violation, spans), greatest(spans, worths, violation)
    assert best <= found + 1e-9
    if violation == 100.0:
        assert found == pytest.approx(best), "where nobody would violate, it is the best way itself"


@pytest.mark.parametrize(("slo_s", "width"), [(0.5, 1), (1.5, 1), (2.0, 2), (2.5, 2), (7.0, 4)])
def test_deadlines_are_no_later_than_said(slo_s: float, width: int) -> None:
    scenario = one_model(service="constant")
    scenario = replace(scenario, interval_s=1.0, pipeline=replace(scenario.pipeline, slo_s=slo_s))
    arrivals = [np.array([3])] * 8
    spans = spans_of(scenario, arrivals)
    assert [span.windows for span in spans] == [width] * (8 // width)
    in_time = sum(sum(span.groups) for span in spans)
    assert in_time == 3 * sum(t + 1 + slo_s < 8 for t in range(8)), "others may be due at the end or after"
