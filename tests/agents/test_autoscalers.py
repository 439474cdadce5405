"""VPA, KEDA, Knative and Ray Serve on known cases."""

from dataclasses import replace
from math import floor

import numpy as np
import pytest

from ipagym.agents.autoscalers import knative, ray_serve
from ipagym.agents.autoscalers.hpa import Metric
from ipagym.agents.autoscalers.keda import KedaSettings, Trigger, keda
from ipagym.agents.autoscalers.knative import KpaRule, KpaSettings, Panic, desired
from ipagym.agents.autoscalers.ray_serve import RayServeRule, RayServeSettings, desired_replicas
from ipagym.agents.autoscalers.vpa import Recommender, VpaSettings, vpa
from ipagym.agents.autoscalers.vpa_histogram import BUCKETS, DecayingHistogram, bucket_of, start_of
from ipagym.agents.autoscalers.vpa_rule import (
    Recommendation,
    confidence,
    is_worth_it,
    lower_factor,
    recommendation,
    upper_factor,
)
from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.pace import Pace
from ipagym.agents.common.recent import Recent
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.window import StageWindow
from tests.agents.flexible import flexible_pipeline
from tests.pipelines import stage_window, window


def constant(cores: float, samples: int = 100) -> DecayingHistogram:
    usage = DecayingHistogram()
    for minute in range(samples):
        usage.add(cores, 60.0 * minute)
    return usage


@pytest.mark.parametrize(
    ("cores", "percentile", "target"),
    [
        (0.1, 0.11027, 0.126),
        (0.5, 0.51113, 0.587),
        (1.0, 1.01628, 1.168),
        (2.0, 2.09348, 2.406),
        (4.0, 4.12470, 4.742),
    ],
)
def test_vpa_percentiles_of_a_constant_signal(cores: float, percentile: float, target: float) -> None:
    usage = constant(cores)
    assert usage.percentile(0.9) == pytest.approx(percentile, abs=1e-5)
    assert recommendation(usage, 1.0).target == target, "the percentile and the margin are cut to thousandths"


def test_vpa_bounds_are_cut_to_thousandths_too_and_have_a_least() -> None:
    usage = constant(2.0)
    assert recommendation(usage, 0.5) == Recommendation(target=2.406, lower=2.396, upper=7.218)
    assert recommendation(usage, 0.0) == Recommendation(target=2.406, lower=0.025, upper=float("inf"))
    assert recommendation(constant(0.001), 1.0).target == 0.025


def test_vpa_trusts_by_the_time_from_its_first_sample_to_its_last() -> None:
    recommender = Recommender(time_scale=1.0)
    for minute in range(3):
        recommender.observe(view(stage_window(utilisation=1.0), start_s=60.0 * minute, duration_s=60))
    trust = 120 / 86400
    assert recommender.recommend().lower == floor(1168 * (1 + 0.001 / trust) ** -2) / 1000


def test_vpa_has_176_buckets_that_grow_by_five_percent() -> None:
    assert BUCKETS == 176
    assert (bucket_of(0.0), bucket_of(0.0099), bucket_of(1e9)) == (0, 0, 175)
    widths = [start_of(i + 1) - start_of(i) for i in range(10)]
    assert widths[0] == pytest.approx(0.01)
    assert widths[9] / widths[8] == pytest.approx(1.05)


def test_vpa_samples_count_half_after_a_day() -> None:
    usage = DecayingHistogram()
    for _ in range(3):
        usage.add(1.0, 0.0)
    usage.add(8.0, 86400.0)
    assert usage.percentile(0.55) == pytest.approx(1.01628, abs=1e-5), "1.5 against 1"
    usage.add(8.0, 86400.0)
    assert usage.percentile(0.55) > 8
    usage.add(2.0, 86400.0 * 1000)
    assert usage.percentile(0.5) == pytest.approx(2.09348, abs=1e-5), "a thousand days later nothing else counts"
    assert DecayingHistogram().percentile(0.9) == 0.0


@pytest.mark.parametrize(
    ("seconds", "upper", "lower"),
    [(300, 289, 0.603), (1800, 49, 0.911), (43200, 3, 0.996), (86400, 2, 0.998), (7 * 86400, 1.143, 0.9997)],
)
def test_vpa_bounds_by_confidence(seconds: float, upper: float, lower: float) -> None:
    trust = confidence(seconds, int(seconds / 60))
    assert upper_factor(trust) == pytest.approx(upper, rel=1e-3)
    assert lower_factor(trust) == pytest.approx(lower, abs=1e-3)
    assert confidence(seconds, 0) == 0.0
    assert (upper_factor(0.0), lower_factor(0.0)) == (float("inf"), 0.0)


def test_vpa_acts_outside_its_bounds_or_on_old_pods() -> None:
    wanted = Recommendation(target=2.0, lower=1.5, upper=4.0)
    assert is_worth_it(1.0, wanted, is_old=False)
    assert is_worth_it(5.0, wanted, is_old=False)
    assert not is_worth_it(3.0, wanted, is_old=False)
    assert is_worth_it(3.0, wanted, is_old=True)
    assert not is_worth_it(2.1, wanted, is_old=True)


def view(seen: StageWindow, *, replicas: int = 1, start_s: float = 0.0, duration_s: int = 10) -> StageView:
    """The one stage of a pipeline at the end of a window."""
    running = Configuration((StageSetting.of("v0", replicas, 1, 1),))
    stage = flexible_pipeline(1).stages[0]
    return StageView(
        index=0,
        stage=stage,
        setting=running.stages[0],
        seen=seen,
        window=window(running, stages=[seen], arrivals_per_s=[5] * duration_s, start_s=start_s),
        limits=Limits(max_replicas=50),
        slo_s=1.0,
        slo_share_s=1.0,
    )


def cores_over_time(agent: ByStage, usages: list[float], start: int) -> list[int]:
    """Cores of the one stage, a decision every 30 s, usage given in cores."""
    pipeline = flexible_pipeline(1)
    agent.reset(pipeline, Limits(), np.random.default_rng(0))
    running, found = Configuration((StageSetting.of("v0", 1, 1, start),)), []
    for step, usage in enumerate(usages):
        cores = running.stages[0].first.cores or 1
        seen = stage_window(utilisation=min(1.0, usage / cores))
        running = agent.decide(window(running, stages=[seen], arrivals_per_s=[5] * 30, start_s=30 * step))
        found.append(running.stages[0].first.cores or 1)
    return found


def test_vpa_plus_goes_up_at_once_and_down_after_four_decisions() -> None:
    assert cores_over_time(vpa(VpaSettings(update="plus")), [1.0], start=1) == [2]
    assert cores_over_time(vpa(VpaSettings(update="plus")), [0.5] * 5, start=4) == [4, 4, 4, 1, 1]


def test_vpa_is_inert_in_minutes_unless_time_is_compressed() -> None:
    idle = [0.2] * 60
    assert set(cores_over_time(vpa(), idle, start=4)) == {4}
    assert cores_over_time(vpa(VpaSettings(time_scale=144.0)), idle, start=4)[-1] == 1
    assert set(cores_over_time(vpa(VpaSettings(update="off", time_scale=144.0)), idle, start=4)) == {4}
    assert set(cores_over_time(vpa(VpaSettings(min_replicas=2, time_scale=144.0)), idle, start=4)) == {4}


def replicas_over_time(agent: ByStage, in_flight: list[float], interval_s: int, ready: int = 1) -> list[int]:
    """Replicas of the one stage, followed at once, with so many requests queued."""
    agent.reset(flexible_pipeline(1), Limits(max_replicas=50), np.random.default_rng(0))
    running, found = Configuration((StageSetting.of("v0", ready, 1),)), []
    for step, queued in enumerate(in_flight):
        seen = stage_window(queue=int(queued), utilisation=0.0, ready=running.stages[0].first.replicas)
        arrivals = [5] * interval_s
        running = agent.decide(window(running, stages=[seen], arrivals_per_s=arrivals, start_s=interval_s * step))
        found.append(running.stages[0].first.replicas)
    return found


def test_knative_by_its_stable_and_its_panic_window() -> None:
    assert desired(5, stable=42.0, panic=42.0, target=7.0) == (6, 6, False)
    assert desired(5, stable=42.0, panic=100.0, target=7.0) == (6, 15, True)
    assert desired(10, stable=0.0, panic=0.0, target=7.0) == (5, 5, False), "at most half as many at once"


def test_knative_panics_and_does_not_shrink_meanwhile() -> None:
    panic = knative.after(Panic(), 10.0, is_over=True)
    assert panic.is_on
    assert knative.after(panic, 60.0, is_over=False).is_on
    assert knative.after(panic, 70.0, is_over=False).is_on, "more than 60 s must have passed"
    assert not knative.after(panic, 71.0, is_over=False).is_on
    agent = ByStage(lambda stage: KpaRule(KpaSettings(target=7.0)))
    # Panic is left 60 s after it was last over the threshold, at 20 s; then it halves at most with every decision.
    course = replicas_over_time(agent, [7, 7, 7, 100, 100, 0, 0, 0] + [0] * 30, 4)  # type: ignore[arg-type]
    assert course[:4] == [1, 1, 1, 8], "the panic window is of the last two windows"
    assert set(course[4:18]) == {15}
    assert course[19] < 15
    assert course[-1] == 1


def test_knative_that_finds_several_replicas_begins_in_panic() -> None:
    agent = ByStage(lambda stage: KpaRule(KpaSettings(target=7.0)))
    course = replicas_over_time(agent, [0] * 40, 2, ready=4)
    assert course[:31] == [4] * 31, "what it found, for a stable window"
    assert course[31:] == [2, *[1] * 8]
    assert replicas_over_time(agent, [0] * 3, 2, ready=1) == [1] * 3


@pytest.mark.parametrize(
    ("running", "ongoing", "factor", "expected"),
    [
        (3, 12.0, 1.0, 6),
        (3, 5.0, 1.0, 3),
        (3, 4.0, 1.0, 2),
        (3, 4.0, 0.2, 2),
        (4, 2.0, 0.5, 3),
        (4, 6.1, 0.1, 4),
        (4, 6.0, 0.1, 3),
        (1, 0.0, 1.0, 1),
    ],
)
def test_ray_serve_takes_one_away_only_where_a_whole_one_is_too_many(
    running: int, ongoing: float, factor: float, expected: int
) -> None:
    assert desired_replicas(running, ongoing, RayServeSettings(downscaling_factor=factor)) == expected


def test_ray_serve_is_in_proportion_to_what_runs() -> None:
    settings = RayServeSettings(upscaling_factor=0.5, upscale_delay_s=0.0)
    rule = RayServeRule(settings)
    seen = stage_window(queue=16, utilisation=0.0, ready=2, starting=2)
    assert rule.setting(view(seen, replicas=4)).first.replicas == 5, "half of the way from the 2 that run to 8"
    cold = view(stage_window(queue=9, ready=0, starting=2), replicas=2)
    assert RayServeRule(settings).setting(cold).first.replicas == 2
    assert RayServeRule(RayServeSettings(upscaling_factor=2.5)).setting(cold).first.replicas == 3


def test_ray_serve_waits_for_its_delays() -> None:
    agent = ByStage(lambda stage: RayServeRule(RayServeSettings()))
    course = replicas_over_time(agent, [12.0] * 6, 10, ready=3)
    assert course == [3, 3, 3, 6, 6, 6], "first seen at 10 s, applied 30 s later"
    falling = replicas_over_time(agent, [2.0] * 70, 10, ready=3)
    assert falling[60] == 1
    assert set(falling[:60]) == {3}
    assert ray_serve.RayServeSettings().look_back_s == 30.0


@pytest.mark.parametrize("polling_s", [10.0, 30.0, 300.0])
def test_keda_asks_afresh_at_every_sync(polling_s: float) -> None:
    course = replicas_over_time(keda(KedaSettings(polling_s=polling_s)), [20.0, 0.0, 40.0, 100.0, 0.0], 15)
    assert course == [4, 4, 8, 16, 20], "at most doubled in 15 s; falls wait for 300 s"


def test_keda_serves_what_was_polled_where_metrics_are_cached() -> None:
    agent = keda(KedaSettings(triggers=(Trigger(is_cached=True),)))
    course = replicas_over_time(agent, [20.0, 0.0, 40.0, 100.0, 0.0, 0.0, 200.0], 15)
    assert course == [4, 4, 8, 8, 8, 8, 16], "what was polled at 15, 45, 75 and 105 s"


def test_keda_has_an_autoscaler_without_behavior() -> None:
    course = replicas_over_time(keda(), [50.0, 0.0, 0.0], 15)
    assert course == [4, 8, 10], "to the highest recommendation of 300 s"


def course_when_lost(settings: KedaSettings, lost: list[bool]) -> list[int]:
    """Replicas of the one stage, followed at once, with 10 requests in flight; a sync every 15 s."""
    agent = keda(settings)
    agent.reset(flexible_pipeline(1), Limits(), np.random.default_rng(0))
    running, found = Configuration((StageSetting.of("v0", 2, 1),)), []
    for step, is_lost in enumerate(lost):
        seen = stage_window(queue=10, utilisation=0.0, ready=running.stages[0].first.replicas)
        full = window(running, stages=[seen], arrivals_per_s=[5] * 15, start_s=15 * step)
        running = agent.decide(replace(full, scraped=not is_lost))
        found.append(running.stages[0].first.replicas)
    return found


def test_keda_falls_back_after_more_than_three_failures_through_its_autoscaler() -> None:
    assert course_when_lost(KedaSettings(fallback=7), [True] * 6) == [2, 2, 2, 4, 7, 7]
    assert course_when_lost(KedaSettings(fallback=7), [True, True, True, False, True, True, True]) == [2] * 7
    assert course_when_lost(KedaSettings(), [True] * 6) == [2] * 6


def test_keda_falls_back_with_a_target_of_the_whole_stage() -> None:
    whole = Trigger(Metric(source="in_flight", target=5.0, scope="all", whole=True))
    assert course_when_lost(KedaSettings(triggers=(whole,), fallback=7), [True] * 6) == [2, 2, 2, 4, 7, 7]


def test_a_pace_is_kept_whatever_the_interval() -> None:
    pace = Pace(15.0)
    assert [pace.is_due(now) for now in range(10, 110, 10)] == [
        *(True, False, True, True, False, True, True, False, True, True),
    ]
    steady = Pace(10.0)
    assert all(steady.is_due(now) for now in range(10, 110, 10))


def test_recent_windows_are_weighed_by_their_length() -> None:
    recent = Recent(60.0)
    assert recent.mean_over(6.0) == 0.0
    recent.add(10.0, 10.0, 1.0)
    recent.add(40.0, 30.0, 5.0)
    assert recent.mean_over(60.0) == pytest.approx(4.0)
    assert recent.mean_over(6.0) == 5.0
    recent.add(75.0, 35.0, 0.0)
    assert recent.mean_over(60.0) == pytest.approx(150 / 65)
