"""What two agents on one seed have in common: everything that neither of them decides."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ipagym.cluster.sim import ENGINES, CompiledCluster, SimpyCluster
from ipagym.cluster.sim.log import RequestLog
from ipagym.cluster.sim.reference.repeats import spread_again
from ipagym.cluster.sim.spreads import family_of
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.random.philox import Concern, philox, uniforms
from ipagym.task.faults import Faults
from ipagym.task.physics import Physics
from ipagym.task.scenario import Scenario
from tests.tiny import pipeline, scenario, setting, side_by_side

EACH_ENGINE = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
F = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((F, F, F, F), (F, F), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_known_answers(
    counter: tuple[int, int, int, int], key: tuple[int, int], words: tuple[int, int, int, int]
) -> None:
    """The vectors that its authors publish with Random123 (kat_vectors, philox4x32 10)."""
    assert philox(counter, key) == words


def test_numbers_by_counter_are_uniform_and_independent() -> None:
    numbers = np.array([uniforms(7, Concern.START, place, n) for place in range(4) for n in range(5_000)])
    assert 0 <= numbers.min() < numbers.max() < 1
    counts = np.histogram2d(*numbers.T, bins=10, range=((0, 1), (0, 1)))[0]  # type: ignore[call-overload]
    assert ((counts - 200) ** 2 / 200).sum() < 149  # the 99.9th percentile of chi-squared with 99 degrees of freedom
    assert abs(np.corrcoef(numbers[:-1, 0], numbers[1:, 0])[0, 1]) < 0.025


def run(
    engine: Any, chosen: Scenario, decisions: list[Configuration], *, seed: int = 5
) -> tuple[RequestLog, list[bool]]:
    """The log of an episode in which the decisions are made one after the other, and which figures arrived."""
    cluster = engine(chosen, keep_requests=True)
    cluster.reset(seed)
    scraped = []
    for decision in decisions:
        cluster.apply(decision)
        scraped.append(cluster.advance(chosen.interval_s).scraped)
    return cluster.log, scraped


def two_stages(**physics: Any) -> Scenario:
    return scenario(
        (8.0,) * 30,
        setting(4),
        setting(4),
        limits=Limits(max_replicas=8),
        physics=Physics(batch_timeout_s=0.3, **physics),
    )


FEW = [Configuration((setting(3), setting(4)))] * 30
BUSY = [Configuration((setting(1 + k % 8, (1, 2, 4, 8)[k % 4]), setting(8 - k % 3, (4, 1)[k % 2]))) for k in range(30)]


@EACH_ENGINE
@pytest.mark.parametrize("service", ["measured", "exponential", "gamma:0.5", "lognormal:2"])
def test_a_request_served_alone_takes_the_same_time_under_any_two_agents(engine: Any, service: str) -> None:
    """Whatever was served before it, by whom and in which batches."""
    chosen = two_stages(service=service)
    first, second = (run(engine, chosen, decisions)[0] for decisions in (FEW, BUSY))
    alone = (first.batch == 1) & (second.batch == 1)
    assert alone.sum(axis=0).min() > 20
    assert (second.batch > 1).sum() > 100
    took = [log.finished_s - log.started_s for log in (first, second)]
    served = alone & ~np.isnan(took[0]) & ~np.isnan(took[1])
    assert np.ptp(took[0][served]) > 0.05
    assert took[0][served] == pytest.approx(took[1][served], abs=1e-9)


@EACH_ENGINE
def test_the_first_request_of_a_batch_decides_how_long_it_takes(engine: Any) -> None:
    """In multiples of its average, a batch takes what its first request would take alone."""
    chosen = two_stages(service="exponential")
    averages = [pipeline().stages[0].variants[0].latency.average(size) for size in range(1, 9)]
    first, second = (run(engine, chosen, decisions)[0] for decisions in (FEW, BUSY))
    took = [(log.finished_s - log.started_s)[:, 0] for log in (first, second)]
    served = ~np.isnan(took[0]) & ~np.isnan(took[1]) & (first.batch[:, 0] == 1)
    compared = 0
    for start_s in np.unique(second.started_s[served, 0]):
        batch = np.flatnonzero(second.started_s[:, 0] == start_s)
        leader, size = batch[0], second.batch[batch[0], 0]
        if len(batch) == size > 1 and served[leader]:
            compared += 1
            assert took[1][leader] / averages[size - 1] == pytest.approx(took[0][leader] / averages[0], abs=1e-7)
    assert compared > 10


@EACH_ENGINE
def test_the_same_figures_get_lost_under_any_two_agents(engine: Any) -> None:
    chosen = two_stages(faults=Faults(lost_scrape=0.4))
    lost = [run(engine, chosen, decisions)[1] for decisions in (FEW, BUSY)]
    assert lost[0] == lost[1]
    assert 5 < sum(lost[0]) < 25


def ready_after(engine: Any, decisions: list[tuple[Configuration, float]], faults: Faults) -> list[tuple[float, int]]:
    """When the number of ready replicas of the first stage changes, looked at every tenth of a second."""
    chosen = scenario((0.0,) * 40, setting(), setting(), limits=Limits(max_replicas=8), physics=Physics(faults=faults))
    cluster = engine(chosen)
    cluster.reset(11)
    seen: list[tuple[float, int]] = []
    for decision, seconds in decisions:
        cluster.apply(decision)
        for _ in range(round(10 * seconds)):
            ready = cluster.advance(0.1).stages[0].ready
            if not seen or ready != seen[-1][1]:
                seen.append((round(cluster.now, 1), ready))
    return seen


@EACH_ENGINE
def test_the_same_starts_are_slow_and_fail_under_any_two_agents(engine: Any) -> None:
    """Starts of a variant are counted for it alone: those of other stages and variants change nothing."""
    faults = Faults(slow_start=0.5, failed_start=0.3)
    six, quiet, others = setting(6), setting(), setting(8, name="big")
    plain = ready_after(engine, [(Configuration((six, quiet)), 25.0)], faults)
    crowded = ready_after(engine, [(Configuration((six, others)), 25.0)], faults)
    assert plain == crowded
    assert len(plain) > 3


@EACH_ENGINE
def test_replicas_crash_at_the_same_instants_under_any_two_agents(engine: Any) -> None:
    """Whatever starts, fails and crashes in other stages meanwhile."""
    faults = Faults(crashes_per_hour=900.0, slow_start=0.5, failed_start=0.3)
    six, quiet, others = setting(6), setting(), setting(8, name="big")
    plain = ready_after(engine, [(Configuration((six, quiet)), 35.0)], faults)
    crowded = ready_after(engine, [(Configuration((six, others if k % 2 else quiet)), 5.0) for k in range(7)], faults)
    assert plain == crowded
    assert sum(after < before for (_, before), (_, after) in pairwise(plain)) > 5


@EACH_ENGINE
def test_deployments_crash_by_their_place_in_the_stage(engine: Any) -> None:
    """Of one variant, whatever it is; of two, in the order in which they came, as long as they run."""
    one, other = setting(4), setting(4, name="big")
    chosen = scenario(
        (0.0,) * 60, setting(4), limits=Limits(max_replicas=8, max_deployments=2),
        physics=Physics(faults=Faults(crashes_per_hour=300.0)),
    )  # fmt: skip

    def ready(*decisions: StageSetting) -> list[int]:
        cluster = engine(chosen)
        cluster.reset(1)
        for decision in decisions:
            cluster.apply(Configuration((decision,)))
        return [cluster.advance(0.1).stages[0].ready for _ in range(400)]

    asked_for = [ready(side_by_side(first, second)) for first, second in ((one, other), (other, one))]
    assert asked_for[0] == asked_for[1], "the one that runs keeps its place"
    assert ready(other, side_by_side(one, other)) != asked_for[0]


@EACH_ENGINE
def test_the_same_requests_are_stragglers_under_any_two_agents(engine: Any) -> None:
    chosen = two_stages(service="constant", faults=Faults(straggler=0.3))
    first, second = (run(engine, chosen, decisions)[0] for decisions in (FEW, BUSY))
    took = [log.finished_s - log.started_s for log in (first, second)]
    served = (first.batch == 1) & (second.batch == 1) & ~np.isnan(took[0]) & ~np.isnan(took[1])
    assert len(np.unique(took[0][served].round(6))) == 2
    assert took[0][served] == pytest.approx(took[1][served], abs=1e-9)


@EACH_ENGINE
def test_a_profile_errs_by_one_factor_for_each_stage_and_seed(engine: Any) -> None:
    chosen = two_stages(service="constant", profile_error=0.5)
    averages = np.array([pipeline().stages[0].variants[0].latency.average(size) for size in range(1, 9)])
    factors = []
    for seed in range(30):
        log = run(engine, chosen, BUSY, seed=seed)[0]
        for stage in (0, 1):
            served = ~np.isnan(log.finished_s[:, stage])
            took = (log.finished_s - log.started_s)[served, stage]
            of_profile = took / averages[log.batch[served, stage] - 1]
            assert np.ptp(of_profile) < 1e-6
            factors.append(of_profile[0])
    assert 0.5 <= min(factors) < 0.6 < 1.4 < max(factors) <= 1.5
    assert np.mean(factors) == pytest.approx(1, abs=0.12)  # 3.2 standard errors
    assert len(set(factors)) == 60


@EACH_ENGINE
def test_nodes_are_lost_at_the_same_instants_under_any_two_agents(engine: Any) -> None:
    faults = Faults(node_losses_per_hour=400.0, node_repair_s=2.0)
    limits = Limits(max_replicas=4, node_cores=(4,))
    losses = []
    for replicas in (1, 4):
        chosen = scenario((0.0,) * 60, setting(replicas), limits=limits, physics=Physics(faults=faults))
        cluster = engine(chosen)
        cluster.reset(2)
        losses.append([cluster.advance(0.5).stages[0].pending > 0 for _ in range(120)])
    assert losses[0] == losses[1]
    assert 4 < sum(losses[0]) < 100


@pytest.mark.parametrize("service", ["measured", "exponential", "gamma:2", "gamma:0.5", "lognormal:2"])
def test_a_service_that_was_cut_off_is_drawn_anew(service: str) -> None:
    """What is served again takes another time, the same on both engines; what is not keeps its own."""
    chosen = two_stages(service=service)
    calm = run(SimpyCluster, chosen, FEW)[0]
    stormy = replace(chosen, physics=replace(chosen.physics, faults=Faults(crashes_per_hour=600.0)))
    logs = [run(engine, stormy, FEW)[0] for engine in (SimpyCluster, CompiledCluster)]
    assert np.array_equal(logs[0].finished_s, logs[1].finished_s, equal_nan=True)
    alone = (calm.batch == 1) & (logs[0].batch == 1)
    calm_s, storm_s = calm.finished_s - calm.started_s, logs[0].finished_s - logs[0].started_s
    served = alone & ~np.isnan(calm_s) & ~np.isnan(storm_s)
    same = np.isclose(calm_s[served], storm_s[served], rtol=0, atol=1e-9)
    assert 0 < (~same).sum() < same.sum()


@pytest.mark.parametrize(
    ("service", "mean", "variance"),
    [("measured", 0, 1), ("exponential", 1, 1), ("gamma:2", 1, 4), ("gamma:0.5", 1, 0.25), ("lognormal:0.7", 1, 0.49)],
)
def test_what_is_drawn_anew_has_its_distribution(service: str, mean: float, variance: float) -> None:
    family = family_of(service)
    numbers = np.array([
        spread_again(*family, lambda trial, n=n: uniforms(3, Concern.REPEAT, trial, n)) for n in range(20_000)  # type: ignore[misc]
    ])  # fmt: skip
    assert numbers.mean() == pytest.approx(mean, abs=4 * (variance / 20_000) ** 0.5)
    assert numbers.var() == pytest.approx(variance, rel=0.15)
