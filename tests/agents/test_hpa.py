"""Kubernetes' horizontal autoscaler as an agent: its metrics, its bounds, its memory."""

from typing import Any

import numpy as np
import pytest

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric, hpa
from ipagym.agents.autoscalers.hpa_behavior import Behavior, Direction, Policy
from ipagym.agents.common.by_stage import ByStage
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.system.errors import InputError
from tests.pipelines import small_pipeline, stage_window, window


def course(agent: ByStage, usages: list[float]) -> list[int]:
    """Replicas of the first stage when every replica is ready at once and usage is as given, every 15 s."""
    agent.reset(small_pipeline(), Limits(max_replicas=10), np.random.default_rng(0))
    running, replicas = Configuration((StageSetting.of("v0", 2, 1),) * 2), []
    for step, usage in enumerate(usages):
        stages = [stage_window(utilisation=usage, ready=2) for _ in running.stages]
        seen = window(running, stages=stages, arrivals_per_s=[5] * 15, start_s=step * 15)
        running = agent.decide(seen)
        replicas.append(running.stages[0].first.replicas)
    return replicas


def on_cpu(target: float, **changes: Any) -> ByStage:
    return hpa(HpaSettings(metrics=(Metric(target=target),), **changes))


def test_it_rises_at_once_and_falls_after_the_down_window() -> None:
    assert course(on_cpu(0.5), [1.0, 0.5, 0.5]) == [4, 4, 4]
    found = course(on_cpu(0.5), [1.0] + [0.1] * 25)
    assert found[:20] == [4] * 20
    assert found[-1] == 1


def test_the_strictest_metric_decides() -> None:
    metrics = (Metric(target=0.9), Metric(source="rps", target=1.0, scope="all"))
    assert course(hpa(HpaSettings(metrics=metrics)), [0.1]) == [4]
    assert course(hpa(HpaSettings(metrics=(Metric(source="rps", target=1.0),))), [0.1]) == [4]
    assert course(hpa(HpaSettings(metrics=(Metric(source="queue", target=1.0, scope="all"),))), [0.1, 0.1]) == [2, 2]


def test_what_has_just_become_ready_does_not_count_in_a_rise() -> None:
    agent = on_cpu(0.5, behavior=None)
    agent.reset(small_pipeline(1), Limits(max_replicas=10), np.random.default_rng(0))
    running = Configuration((StageSetting.of("v0", 2, 1),))
    agent.decide(window(running, stages=[stage_window(utilisation=0.5, ready=1)], start_s=0))
    fresh = window(running, stages=[stage_window(utilisation=0.7, ready=2)], start_s=20)
    assert agent.decide(fresh).stages[0].first.replicas == 2, "1.4 of one replica is 0.7 of two"


def test_lost_figures_hold_it() -> None:
    agent = on_cpu(0.5)
    agent.reset(small_pipeline(1), Limits(), np.random.default_rng(0))
    running = Configuration((StageSetting.of("v0", 2, 1),))
    busy = window(running, stages=[stage_window(utilisation=1.0, ready=2)])
    assert agent.decide(busy.known_at(window(running), is_new=False)) == running
    assert agent.decide(busy.known_at(window(running, start_s=20), is_new=True)).stages[0].first.replicas == 4


def run(agent: ByStage, seen: list[dict[str, float]], replicas: int = 2) -> list[int]:
    """Replicas of a single stage, followed at once, when it is as described at each sync."""
    agent.reset(small_pipeline(1), Limits(max_replicas=100), np.random.default_rng(0))
    running, found = Configuration((StageSetting.of("v0", replicas, 1),)), []
    for step, fields in enumerate(seen):
        described = window(running, stages=[stage_window(**fields)], arrivals_per_s=[5] * 15, start_s=step * 15)
        running = agent.decide(described)
        found.append(running.stages[0].first.replicas)
    return found


def test_a_value_does_not_run_away_while_replicas_start() -> None:
    agent = hpa(HpaSettings(metrics=(Metric(source="queue", target=10.0, scope="all", whole=True),)))
    assert run(agent, [{"queue": 20, "ready": 2, "starting": 2}], replicas=4) == [4], "twice the 2 that are ready"
    slow = [{"queue": 20, "ready": 1, "starting": step > 0} for step in range(8)]
    assert run(agent, slow, replicas=1) == [2] * 8  # type: ignore[arg-type]


def test_the_bounds_come_before_the_metrics() -> None:
    far = HpaSettings(metrics=(Metric(target=0.5),), min_replicas=5, max_replicas=30, behavior=Behavior())
    busy = {"utilisation": 1.0, "ready": 1}
    assert run(hpa(far), [busy], replicas=1) == [5], (
        "to the least at once, though policies allow 5 and usage asks for 2"
    )
    slow = Behavior(up=Direction(window_s=0.0, policies=(Policy(pods=1, period_s=60),)))
    few = HpaSettings(metrics=(Metric(target=0.5),), min_replicas=4, max_replicas=6, behavior=slow)
    assert run(hpa(few), [busy], replicas=1) == [4], "whatever the policies"
    assert run(hpa(few), [{"utilisation": 1.0, "ready": 20}], replicas=20) == [6], "down to the most, though busy"
    queue = HpaSettings(metrics=(Metric(source="queue", target=1.0, scope="all"),), min_replicas=2)
    assert run(hpa(queue), [{"queue": 8, "ready": 1}] * 3, replicas=1) == [2, 4, 8], (
        "no further than the least at first"
    )
    agent = hpa(few)
    agent.reset(small_pipeline(1), Limits(), np.random.default_rng(0))
    lost = window(Configuration((StageSetting.of("v0", 1, 1),)), stages=[stage_window()])
    assert agent.decide(lost.known_at(lost, is_new=False)).stages[0].first.replicas == 4, "and without figures"


def test_without_behavior_it_goes_on_to_the_highest_recommendation() -> None:
    metric = (Metric(source="queue", target=1.0, scope="all"),)
    peak = [{"queue": 20.0, "ready": 2}] + [{"queue": 4.0, "ready": 4}] * 3
    assert run(hpa(HpaSettings(metrics=metric)), peak) == [4, 8, 16, 20]
    assert run(hpa(HpaSettings(metrics=metric, behavior=Behavior())), peak) == [6, 6, 6, 6]
    assert HpaSettings().behavior is None


def test_what_a_loading_replica_would_use_is_presumed_on_the_way_down() -> None:
    agent = hpa(HpaSettings(metrics=(Metric(source="queue", target=4.0),), behavior=eager()))
    assert run(agent, [{"queue": 4.0, "ready": 2, "starting": 2}], replicas=4) == [3], "(4 + 2 · 4) / 4 of 4 each"
    assert run(agent, [{"queue": 4.0, "ready": 2, "pending": 2}], replicas=4) == [1], (
        "those without a node do not count"
    )


def eager() -> Behavior:
    return Behavior(down=Direction(window_s=0.0, policies=(Policy(percent=100),)))


def test_a_metric_that_says_nothing_forbids_a_fall_only() -> None:
    metrics = (Metric(target=0.5), Metric(source="queue", target=1.0, scope="all"))
    agent = hpa(HpaSettings(metrics=metrics, behavior=eager()))
    nothing_ready = {"utilisation": 0.0, "ready": 0, "starting": 2}
    assert run(agent, [{**nothing_ready, "queue": 1.0}]) == [2]
    assert run(agent, [{**nothing_ready, "queue": 4.0}]) == [4]
    assert run(hpa(HpaSettings(metrics=metrics[1:], behavior=eager())), [{**nothing_ready, "queue": 1.0}]) == [1]


def test_bounds_that_cross_are_refused() -> None:
    with pytest.raises(InputError, match="maxReplicas must be minReplicas"):
        HpaSettings(min_replicas=3, max_replicas=2)
    with pytest.raises(InputError, match="at least"):
        HpaSettings(min_replicas=0)
