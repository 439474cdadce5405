"""Annotations of Knative: read as Knative reads them; its classes, defaults and bounds."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric
from ipagym.agents.autoscalers.hpa_behavior import default_up
from ipagym.agents.autoscalers.knative import KpaRule, KpaSettings
from ipagym.agents.common.by_stage import ByStage
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.system.errors import InputError
from tests.agents.flexible import flexible_pipeline
from tests.agents.reading import control
from tests.agents.test_autoscalers import replicas_over_time
from tests.pipelines import window

DOMAIN = "autoscaling.knative.dev"


def service(concurrency: Any = None, **annotations: Any) -> str:
    """A Service with these annotations, _ for -."""
    given = {f"{DOMAIN}/{name.replace('_', '-')}": value for name, value in annotations.items()}
    spec = {} if concurrency is None else {"containerConcurrency": concurrency}
    template = {"metadata": {"annotations": {"other.dev/a": "b", **given}}, "spec": {"containers": [{}], **spec}}
    whole = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "crop"},
        "spec": {"template": template, "traffic": [{"percent": 100}]},
    }
    return yaml.safe_dump(whole)


def test_a_service_is_read_as_knative_reads_it() -> None:
    found = control(
        service(
            20, metric="concurrency", target="10", target_utilization_percentage="80", min_scale="2", max_scale="9",
            window="2m0s", panic_window_percentage="5.0", panic_threshold_percentage="150", scale_down_delay="90s",
            activation_scale="3", initial_scale="4", target_burst_capacity="-1",
        )
    )  # fmt: skip
    assert found.settings == KpaSettings(
        metric="concurrency", target=8.0, window_s=120.0, panic_window_s=6.0, panic_threshold=1.5, delay_s=90.0,
        min_replicas=2, max_replicas=9, activation_replicas=3,
    )  # fmt: skip
    assert (found.target, found.knob) == ("crop", "replicas")
    assert found.notes == (
        "m0.yaml: document 1: Service crop: ignored: initial-scale (an episode begins as the scenario says), "
        "target-burst-capacity (there is no activator)",
    )


@pytest.mark.parametrize(
    ("text", "metric", "target"),
    [
        (service(), "concurrency", 70.0),
        (service(0), "concurrency", 70.0),
        (service(4), "concurrency", 2.8),
        (service(4, target="100"), "concurrency", 2.8),
        (service(4, target="2"), "concurrency", 1.4),
        (service(0, target="250"), "concurrency", 175.0),
        (service(metric="rps"), "rps", 140.0),
        (service(4, metric="rps", target="150"), "rps", 105.0),
        (service(target="0.01", target_utilization_percentage="1"), "concurrency", 0.01),
    ],
)
def test_the_target_of_a_replica(text: str, metric: str, target: float) -> None:
    settings = control(text).settings
    assert isinstance(settings, KpaSettings)
    assert settings.metric == metric
    assert settings.target == pytest.approx(target)
    assert (settings.min_replicas, settings.max_replicas, settings.panic_window_s) == (1, None, 6.0)


def test_old_names_count_where_the_new_ones_lack() -> None:
    def bounds(**annotations: object) -> tuple[int, int | None]:
        settings = control(service(**annotations)).settings
        assert isinstance(settings, KpaSettings)
        return settings.min_replicas, settings.max_replicas

    assert bounds(minScale="2", maxScale="5") == (2, 5)
    assert bounds(minScale="2", min_scale="3") == bounds(min_scale="3", minScale="2") == (3, None)


def test_revisions_and_configurations() -> None:
    whole = yaml.safe_load(service(5, min_scale="3"))
    template = whole["spec"]["template"]
    configuration = whole | {"kind": "Configuration"}
    revision = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Revision",
        "metadata": {"name": "crop-00007", "labels": {"serving.knative.dev/service": "crop"}, **template["metadata"]},
        "spec": template["spec"],
    }
    expected = control(service(5, min_scale="3"))
    for each in (configuration, revision):
        found = control(yaml.safe_dump(each))
        assert (found.settings, found.target) == (expected.settings, "crop")


HPA_CLASS = {"class": f"hpa.{DOMAIN}"}


def test_the_class_hpa_is_one() -> None:
    cpu = control(service(**HPA_CLASS, metric="cpu", target="74.2", min_scale="2", max_scale="5"))
    assert cpu.settings == HpaSettings(metrics=(Metric(target=0.75),), min_replicas=2, max_replicas=5)
    assert control(service(**HPA_CLASS)).settings == HpaSettings(metrics=(Metric(target=0.8),))
    memory = control(service(**HPA_CLASS, metric="memory", target="700.9")).settings
    assert memory == HpaSettings(metrics=(Metric(source="memory_mib", target=700.0),))
    queue = control(service(**HPA_CLASS, metric="queue_length", target="4", window="60s")).settings
    assert isinstance(queue, HpaSettings)
    assert queue.metrics == (Metric(source="queue", target=4.0),)
    assert queue.behavior is not None
    assert (queue.behavior.up.window_s, queue.behavior.down.window_s) == (60.0, 60.0)
    assert queue.behavior.up.policies == default_up().policies
    panics = control(service(**HPA_CLASS, panic_threshold_percentage="200"))
    assert "panic-threshold-percentage (the class hpa has no such thing)" in panics.notes[0]


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({"target": 10}, "annotations.*/target: must be a text, not a number: write it in quotes"),
        ({"target": "0"}, "/target: must be a number in 0.01..1e.09, not '0'"),
        ({"target": "ten"}, "/target: must be a number in"),
        ({"target": "nan"}, "/target: must be a number in"),
        ({"min_scale": "-1"}, "/min-scale: must be a whole number, 0 or more"),
        ({"min_scale": "1.5"}, "/min-scale: must be a whole number"),
        ({"min_scale": "1_0"}, "/min-scale: must be a whole number"),
        ({"max_scale": "99999999999"}, "/max-scale: must be a whole number"),
        ({"min_scale": "5", "max_scale": "2"}, r"/max-scale: must be min-scale \(5\) or more, not 2"),
        ({"window": "5s"}, "/window: must be whole seconds in 6..3600, as in \"90s\", not '5s'"),
        ({"window": "60"}, "/window: must be whole seconds"),
        ({"window": "6500ms"}, "/window: must be whole seconds"),
        ({"panic_window_percentage": "0.5"}, "/panic-window-percentage: must be a number in 1..100"),
        ({"panic_threshold_percentage": "100"}, "/panic-threshold-percentage: must be a number in 110..1000"),
        ({"target_utilization_percentage": "0"}, "/target-utilization-percentage: must be a number in 1..100"),
        ({"activation_scale": "1"}, "/activation-scale: must be in min-scale..max-scale and 2 or more"),
        ({"activation_scale": "4", "max_scale": "3"}, "/activation-scale: must be in min-scale..max-scale"),
        ({"metric_aggregation_algorithm": "weightedExponential"}, "only linear is simulated"),
        ({"metric": "cpu"}, "/metric: unknown metric of class kpa 'cpu'"),
        ({"class": "mine"}, "/class: unknown class 'mine'"),
        ({**HPA_CLASS, "metric": "gpu", "target": "3"}, "/metric: unknown metric 'gpu'"),
        ({**HPA_CLASS, "metric": "cpu", "target": "150"}, "/metric: target.averageUtilization: 150 is never reached"),
        ({"min_scales": "1"}, f"unknown annotation '{DOMAIN}/min-scales': did you mean '{DOMAIN}/min-scale'"),
    ],
)
def test_what_knative_or_the_simulator_cannot_have_is_refused(annotations: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=f"^m0.yaml: document 1: .*{message}") as refused:
        control(service(**annotations))
    assert "\n" not in str(refused.value)


def test_annotations_in_the_wrong_place_and_services_of_another_kind() -> None:
    whole = yaml.safe_load(service())
    whole["metadata"]["annotations"] = {f"{DOMAIN}/min-scale": "1"}
    with pytest.raises(InputError, match=r"metadata.annotations.*has no effect there: put it under spec.template"):
        control(yaml.safe_dump(whole))
    with pytest.raises(InputError, match="holds no autoscaler but Service"):
        control("{apiVersion: v1, kind: Service, metadata: {name: crop}}")
    parts: tuple[dict[str, Any], ...] = ({"spec": 3}, {"spec": {"template": 3}})
    for part in parts:
        broken = yaml.safe_load(service()) | part
        with pytest.raises(InputError, match=r"document 1: spec"):
            control(yaml.safe_dump(broken))


def course(settings: KpaSettings, in_flight: list[float]) -> list[int]:
    return replicas_over_time(ByStage(lambda stage: KpaRule(settings)), in_flight, 2)


def test_bounds_delay_and_activation_are_kept() -> None:
    falling = [40.0] * 2 + [0.0] * 60
    free = course(KpaSettings(target=4.0, panic_threshold=1e9), falling)
    assert free[1] == 10
    assert free[-1] == 1
    assert set(course(KpaSettings(target=4.0, min_replicas=3, max_replicas=5), falling)) <= {3, 4, 5}
    delayed = course(KpaSettings(target=4.0, panic_threshold=1e9, delay_s=20.0), falling)
    last_of_free, last_of_delayed = (max(at for at, n in enumerate(each) if n == 10) for each in (free, delayed))
    assert last_of_delayed - last_of_free == 9, "20 s of 2 s each, the first of which it is down already"
    assert course(KpaSettings(target=4.0, activation_replicas=6), [0.0, 1.0, 1.0]) == [1, 6, 6]


def test_without_a_figure_yet_nothing_is_scaled() -> None:
    agent = ByStage(lambda stage: KpaRule(KpaSettings(target=4.0)))
    agent.reset(flexible_pipeline(1), Limits(), np.random.default_rng(0))
    running = Configuration((StageSetting.of("v0", 5, 1),))
    for step in range(60):
        lost = replace(window(running, arrivals_per_s=[5] * 2, start_s=2 * step), scraped=False)
        running = agent.decide(lost)
    assert running.stages[0].first.replicas == 5, "panic alone would have kept them for 60 s only"


def test_requests_per_second_are_those_that_arrive() -> None:
    agent = ByStage(lambda stage: KpaRule(KpaSettings(metric="rps", target=10.0)))
    assert replicas_over_time(agent, [0.0, 0.0], 2)[-1] == 3, "a calm window has 50 requests at the stage in 2 s"
