"""The published systems on known cases, most of them computed by hand or by enumeration."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipagym.agents.common.primitives import half_slo_batch, replicas_for, residual_batch, with_variant
from ipagym.agents.published import autopilot_windows as windows
from ipagym.agents.published.autopilot_ensemble import Ensemble, EnsembleSettings
from ipagym.agents.published.clipper import next_size
from ipagym.agents.published.cocktail import best_variant
from ipagym.agents.published.device_mix import Option, largest_mix, most_accurate_mix
from ipagym.agents.published.fa2 import levels
from ipagym.agents.published.inferline_envelope import rates_rps, window_lengths
from ipagym.agents.published.mark import BIN_S
from ipagym.agents.published.mark_plan import Kind, cover
from ipagym.agents.published.nexus import plan
from ipagym.agents.published.proteus import ewma_rps
from ipagym.agents.published.trial import p99_s
from ipagym.envs import make_scenario
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.optimize.fa2 import Fa2Stage, fewest_cores
from ipagym.optimize.infadapter.candidates import candidate_of
from ipagym.optimize.infadapter.model_switching_plus import MsPlusProblem, solve
from ipagym.system.errors import InputError
from ipagym.workload.statistics import peak_rps
from tests.agents.flexible import flexible_pipeline
from tests.pipelines import small_pipeline

BATCHES = (1, 2, 4, 8)


def straight(alone_s: float, each_s: float) -> LatencyModel:
    """l(b) = alone + each·b, without spread."""
    seconds = {b: alone_s + each_s * b for b in range(1, 9)}
    return LatencyModel(average_s=seconds, p99_s=seconds)


A, B = straight(0.020, 0.010), straight(0.010, 0.005)


def chain(*models: LatencyModel) -> list[Fa2Stage]:
    return [Fa2Stage(latency=m, batches=BATCHES, cores=1, level=i) for i, m in enumerate(models)]


@pytest.mark.parametrize(
    ("slo_s", "expected"),
    [(0.044, None), (0.050, [(3, 1), (2, 1)]), (0.080, [(2, 2), (1, 2)]), (0.5, [(2, 2), (1, 2)])],
)
def test_fa2_of_two_stages(slo_s: float, expected: list[tuple[int, int]] | None) -> None:
    assert fewest_cores(chain(A, B), 100.0, slo_s=slo_s, max_replicas=10) == expected


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 20), st.integers(1, 4)), min_size=1, max_size=3),
    st.integers(20, 400),
    st.just(0.0) | st.floats(0.01, 200.0),
)
def test_fa2_is_as_good_as_brute_force(shapes: list[tuple[int, int, int]], slo_ms: int, rate: float) -> None:
    models = [straight(a / 1000, e / 1000) for a, e, _ in shapes]
    cores = [c for _, _, c in shapes]
    stages = [
        Fa2Stage(latency=m, batches=BATCHES, cores=c, level=i)
        for i, (m, c) in enumerate(zip(models, cores, strict=True))
    ]
    found = fewest_cores(stages, rate, slo_s=slo_ms / 1000, max_replicas=20)
    costs = []
    for batches in product(BATCHES, repeat=len(models)):
        numbers = [max(1, int(np.ceil(rate * m.p99(b) / b * (1 - 1e-9)))) for m, b in zip(models, batches, strict=True)]
        seconds = sum(m.p99(b) + ((b - 1) / rate if rate else 0.0) for m, b in zip(models, batches, strict=True))
        if seconds <= slo_ms / 1000 * (1 + 1e-9) and max(numbers) <= 20:
            costs.append(sum(n * c for n, c in zip(numbers, cores, strict=True)))
    assert (found is None) == (not costs)
    if found is not None:
        assert sum(n * c for (n, _), c in zip(found, cores, strict=True)) == min(costs)


@pytest.mark.parametrize("unit_s", [1e-6, 1e-3, 1.0, 1e4])
@pytest.mark.parametrize(("slo", "feasible"), [(45.0, True), (45.0 * (1 - 1e-8), False), (float("inf"), True)])
def test_fa2_knows_no_grid_of_time(unit_s: float, slo: float, feasible: bool) -> None:
    """30 and 15 units of time at batch 1: the SLO is exactly their sum, just misses it, or is none."""
    stages = chain(straight(20 * unit_s, 10 * unit_s), straight(10 * unit_s, 5 * unit_s))
    found = fewest_cores(stages, 0.1 / unit_s, slo_s=slo * unit_s, max_replicas=10)
    expected = [(2, 2), (1, 2)] if slo == float("inf") else [(3, 1), (2, 1)]
    assert found == (expected if feasible else None)


def test_fa2_gives_parallel_branches_the_same_part() -> None:
    fork = [Fa2Stage(latency=m, batches=BATCHES, cores=1, level=level) for m, level in ((A, 0), (B, 1), (A, 1))]
    assert fewest_cores(fork, 100.0, slo_s=0.060, max_replicas=10) == [(3, 1), (1, 2), (3, 1)]
    assert fewest_cores(fork, 100.0, slo_s=0.059, max_replicas=10) is None
    assert levels(small_pipeline(3)) == [0, 1, 2]
    with pytest.raises(InputError, match="rate_rps"):
        fewest_cores(fork, float("nan"), slo_s=1.0, max_replicas=1)


INFADAPTER = make_scenario("infadapter")
CANDIDATES = tuple(map(candidate_of, INFADAPTER.pipeline.stages[0].variants))


@pytest.mark.parametrize(
    ("rate", "variant", "cores"),
    [
        *((20, "resnet152", 8), (40, "resnet101", 10), (60, "resnet50", 8), (80, "resnet50", 10)),
        *((120, "resnet50", 15), (200, "resnet34", 20)),
    ],
)
def test_ms_plus_at_known_loads(rate: float, variant: str, cores: int) -> None:
    assert solve(MsPlusProblem(candidates=CANDIDATES, rate_rps=rate, budget=20)) == (variant, cores)


def test_ms_plus_under_more_than_it_can_carry_takes_the_lightest_on_all_cores() -> None:
    assert solve(MsPlusProblem(candidates=CANDIDATES, rate_rps=9999, budget=20)) == ("resnet18", 20)


def test_autopilot_weighs_usage_by_load() -> None:
    ticks = [np.array([1.0])] * 9 + [np.array([10.0])]
    never = 1e9
    assert windows.load_percentile(ticks, 0.9, never) == 10.0
    assert windows.load_percentile(ticks, 0.08, never) == 1.0
    assert windows.peak(ticks) == 10.0
    assert windows.mean(ticks, never) == pytest.approx(1.9)
    assert windows.mean([np.array([4.0]), np.array([1.0])], 1.0) == pytest.approx(2.0), "the older counts half"
    assert windows.load_percentile([np.zeros(3)], 0.9, never) == 0.0


def test_the_ensemble_finds_a_high_quantile_or_the_peak() -> None:
    candidates = np.linspace(0.1, 10.0, 100)
    usage = np.random.default_rng(0).uniform(0.0, 5.0, size=(200, 30))
    by_distance, by_count = Ensemble(candidates), Ensemble(candidates, EnsembleSettings(cost="count"))
    for tick in usage:
        by_distance.observe(tick)
        by_count.observe(tick)
    assert 4.2 <= by_distance.limit <= 5.0, "10/11 of 0..5 is 4.5, with a margin at most"
    assert by_count.limit >= 4.8


def test_mark_covers_the_worst_of_the_steps_ahead() -> None:
    new = Kind(name="new", capacity=10.0, price=1.0, launch=3.0)
    running = Kind(name="running", capacity=10.0, price=1.0, available=2)
    assert cover([35.0] * 6, (running, new)) == {"running": 2, "new": 2}
    assert cover([5.0, 5.0, 15.0, 0.0, 0.0, 0.0, 99.0], (running, new)) == {"running": 2, "new": 0}
    assert cover([0.0] * 6, (running, new)) == {"running": 0, "new": 0}
    cheap = Kind(name="cheap", capacity=100.0, price=2.0)
    assert cover([90.0] * 6, (new, cheap)) == {"new": 0, "cheap": 1}
    assert cover([25.0] * 6, (running,)) == {"running": 2}, "there are no more"
    assert peak_rps(np.array([0, 0, 10, 10, 0, 0]), BIN_S) == 4.0


def test_batches_leave_half_the_slo_or_the_time_to_fill() -> None:
    assert half_slo_batch(A, 0.120, BATCHES) == 4
    assert half_slo_batch(A, 0.059, BATCHES) is None
    assert residual_batch(A, 0.120, 100.0, BATCHES) == 4
    assert residual_batch(A, 0.120, 10.0, BATCHES) == 1
    assert residual_batch(A, 0.120, 0.0, BATCHES) == 1
    assert [replicas_for(rate, 10.0, 5) for rate in (0.0, 10.0, 10.1, 1e9)] == [1, 1, 2, 5]


def test_nexus_fills_replicas() -> None:
    assert plan(A, 300.0, 0.120, BATCHES) == (5, 4), "4 / 60 ms is 66.7 requests per second"
    assert plan(A, 30.0, 0.120, BATCHES) == (1, 2), "a batch of 4 would take 100 ms to fill"


def test_clipper_adds_one_and_takes_a_tenth() -> None:
    assert next_size(4.0, 0.1, 1.0, 8) == 5.0
    assert next_size(8.0, 0.1, 1.0, 8) == 8.0
    assert next_size(5.0, 2.0, 1.0, 8) == 4.5
    assert next_size(1.0, 2.0, 1.0, 8) == 1.0


def test_cocktail_takes_the_most_accuracy_for_its_time() -> None:
    variants = small_pipeline(1, 3).stages[0].variants
    assert best_variant(variants, 1, 10.0).name == "v2", "the only one within 0.05 of the best"
    assert best_variant(variants, 1, 0.01).name == "v0", "none is fast enough: the fastest"


def option(name: str, rps: float, accuracy: float) -> Option:
    return Option(variant=name, batch=1, rps=rps, accuracy=accuracy)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.floats(1.0, 50.0), st.floats(0.1, 1.0)), min_size=1, max_size=4),
    st.integers(1, 5),
    st.floats(0.0, 150.0),
)
def test_a_mix_of_two_is_the_best_of_all(shapes: list[tuple[float, float]], devices: int, rate: float) -> None:
    options = [option(f"v{i}", rps, accuracy) for i, (rps, accuracy) in enumerate(shapes)]
    found = most_accurate_mix(options, devices, rate, kinds=2)
    best = -1.0
    for counts in product(range(devices + 1), repeat=len(options)):
        used = [(o, n) for o, n in zip(options, counts, strict=True) if n]
        if sum(counts) != devices or len(used) > 2 or sum(n * o.rps for o, n in used) < rate:
            continue
        left, worth = 1.0, 0.0
        for each, number in sorted(used, key=lambda pair: -pair[0].accuracy):
            share = min(left, number * each.rps / rate) if rate else left
            worth, left = worth + share * each.accuracy, left - share
        best = max(best, worth)
    assert (found is None) == (best < 0)
    if found is not None:
        assert found.accuracy >= best - 1e-9
        assert sum(number for _, number, _ in found.parts) == devices
        assert sum(share for *_, share in found.parts) == pytest.approx(1.0)


def test_all_devices_serve_as_much_as_they_can_when_nothing_carries_the_load() -> None:
    options = [option("slow", 5.0, 0.9), option("fast", 20.0, 0.5)]
    assert most_accurate_mix(options, 3, 100.0, kinds=2) is None
    assert largest_mix(options, 3).rps == 60.0


def test_proteus_weighs_the_last_seconds() -> None:
    assert ewma_rps(np.full(30, 7.0)) == pytest.approx(7.0)
    assert ewma_rps(np.array([0.0, 10.0])) == pytest.approx(10 / (1 + 1.6 / 2.6))
    assert ewma_rps(np.zeros(0)) == 0.0


def test_inferline_knows_the_most_in_any_window() -> None:
    assert window_lengths(0.4) == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    counts = np.array([0, 9, 3, 0, 0, 6])
    assert rates_rps(counts, [1.0, 2.0, 4.0]) == [9.0, 6.0, 3.0]
    assert rates_rps(counts[:0], [1.0]) == [0.0]


def test_trials_tell_who_keeps_up() -> None:
    pipeline, limits = flexible_pipeline(1), Limits(max_replicas=4)
    one = Configuration((StageSetting.of("v0", 1, 1),))
    calm, busy = ([rate] * 20 for rate in (4.0, 30.0))
    assert 0.05 < p99_s(pipeline, one, limits, calm) < 0.5
    assert p99_s(pipeline, one, limits, busy) == float("inf")
    four = Configuration((StageSetting.of("v0", 4, 2),))
    assert p99_s(pipeline, four, limits, busy) < pipeline.slo_s


def test_another_variant_keeps_its_cores_where_it_can() -> None:
    variant = flexible_pipeline(1).stages[0].variants[2]
    assert with_variant(Deployment("v0", 3, 2, 4), variant) == Deployment("v2", 3, 2, 4)
    assert with_variant(Deployment("v0", 3, 2, 3), variant) == Deployment("v2", 3, 2)
    assert with_variant(Deployment("v0", 3, 2), variant) == Deployment("v2", 3, 2)
