"""ScaledObjects of KEDA: read as KEDA reads them, and what their triggers come to."""

from typing import Any

import pytest
import yaml

from ipagym.agents.autoscalers.hpa import Metric, Source
from ipagym.agents.autoscalers.hpa_behavior import default_down
from ipagym.agents.autoscalers.keda import KedaSettings, Trigger, keda
from ipagym.system.errors import InputError
from tests.agents.reading import changed, control
from tests.agents.test_autoscalers import replicas_over_time

WHOLE = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: crop-scaler}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: crop, envSourceContainerName: app}
  pollingInterval: 15
  cooldownPeriod: 60
  idleReplicaCount: 0
  minReplicaCount: 2
  maxReplicaCount: 7
  fallback: {failureThreshold: 5, replicas: 4}
  advanced:
    restoreToOriginalReplicaCount: true
    horizontalPodAutoscalerConfig:
      name: mine
      behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
  triggers:
  - type: cpu
    metricType: Utilization
    metadata: {value: "60"}
  - type: prometheus
    name: requests
    useCachedMetrics: true
    metadata:
      serverAddress: http://prometheus:9090
      query: sum(rate(http_requests_total{deployment="crop"}[2m]))
      threshold: "12.5"
      activationThreshold: "1"
"""


def triggered(kind: str, metadata: dict[str, str], **more: Any) -> str:
    whole = yaml.safe_load(WHOLE)
    whole["spec"] = {"scaleTargetRef": {"name": "crop"}, "triggers": [{"type": kind, "metadata": metadata, **more}]}
    return yaml.safe_dump(whole)


def test_a_scaled_object_is_read_as_keda_reads_it() -> None:
    found = control(WHOLE)
    settings = found.settings
    assert isinstance(settings, KedaSettings)
    assert settings.triggers == (
        Trigger(Metric(source="cpu", target=0.6)),
        Trigger(Metric(source="rps", target=12.5, scope="all"), is_cached=True),
    )
    assert (settings.min_replicas, settings.max_replicas, settings.polling_s) == (2, 7, 15.0)
    assert (settings.failures, settings.fallback) == (5, 4)
    assert settings.behavior is not None
    assert (settings.behavior.down.window_s, settings.behavior.down.policies) == (60.0, default_down().policies)
    assert (found.target, found.knob) == ("crop", "replicas")
    (note,) = found.notes
    for field in ("idleReplicaCount", "cooldownPeriod", "activation thresholds", "restoreToOriginalReplicaCount"):
        assert field in note
    assert "pollingInterval" not in note, "it fills the cache"


def test_what_is_left_out_is_kedas_default() -> None:
    settings = control(triggered("redis", {"listName": "a"})).settings
    queue = Trigger(Metric(source="queue", target=5.0, scope="all"))
    assert settings == KedaSettings(triggers=(queue,), min_replicas=1, max_replicas=100)


def test_triggers_are_left_out_by_type_or_by_name() -> None:
    for ignored in ("prometheus", "requests"):
        settings = control(WHOLE, (ignored,)).settings
        assert isinstance(settings, KedaSettings)
        assert [each.metric.source for each in settings.triggers] == ["cpu"]


BY_HTTP = {"mode": "QueueLength", "value": "4", "protocol": "http"}
MODIFIERS = "scalingModifiers: {formula: a + b}"
RATE = "sum(rate(http_requests_total[1m]))"


@pytest.mark.parametrize(
    ("kind", "metadata", "source", "target"),
    [
        ("prometheus", {"query": RATE, "threshold": "20"}, "rps", 20.0),
        ("prometheus", {"query": 'sum( irate(nginx_requests_total{a="b"}[30s]) )', "threshold": "2"}, "rps", 2.0),
        ("prometheus", {"query": "sum(rate(envoy:app_request_count[1m]))", "threshold": "2"}, "rps", 2.0),
        ("prometheus", {"query": 'sum(queue_length{q="a"})', "threshold": "4"}, "queue", 4.0),
        ("prometheus", {"query": "in_flight", "threshold": "0.5"}, "in_flight", 0.5),
        ("prometheus", {"query": "in_flight", "threshold": "1.23456e1"}, "in_flight", 12.346),
        ("rabbitmq", BY_HTTP, "in_flight", 4.0),
        ("rabbitmq", {"mode": "QueueLength", "value": "4", "host": "https://r/v"}, "in_flight", 4.0),
        ("rabbitmq", {**BY_HTTP, "excludeUnacknowledged": "true"}, "queue", 4.0),
        ("rabbitmq", {"mode": "QueueLength", "value": "4", "protocol": "amqp"}, "queue", 4.0),
        ("rabbitmq", {"queueLength": "9", "hostFromEnv": "H"}, "queue", 9.0),
        ("rabbitmq", {"queueLength": "2.5"}, "queue", 2.5),
        ("rabbitmq", {"queueName": "q", "protocol": "http"}, "in_flight", 20.0),
        ("rabbitmq", {"mode": "MessageRate", "value": "30"}, "rps", 30.0),
        ("aws-sqs-queue", {"queueURL": "u"}, "in_flight", 5.0),
        ("aws-sqs-queue", {"queueLength": "8", "scaleOnInFlight": "false"}, "queue", 8.0),
        ("aws-sqs-queue", {"queueLength": "", "scaleOnInFlight": "F"}, "queue", 5.0),
        ("redis", {"listLength": "3"}, "queue", 3.0),
    ],
)  # fmt: skip
def test_triggers_whose_figures_a_stage_has(kind: str, metadata: dict[str, str], source: Source, target: float) -> None:
    (found,) = control(triggered(kind, metadata)).metrics
    assert found.metric == Metric(source=source, target=target, scope="all")
    (whole,) = control(triggered(kind, metadata, metricType="Value")).metrics
    assert whole.metric == Metric(source=source, target=target, scope="all", whole=True)


def test_resources_by_either_spelling() -> None:
    (old,) = control(triggered("cpu", {"type": "Utilization", "value": "70"})).metrics
    assert old.metric == Metric(source="cpu", target=0.7)
    (cores,) = control(triggered("cpu", {"value": "500m"}, metricType="AverageValue")).metrics
    assert cores.metric == Metric(source="cpu_cores", target=0.5)
    (memory,) = control(triggered("memory", {"value": "2Gi"}, metricType="AverageValue")).metrics
    assert memory.metric == Metric(source="memory_mib", target=2048.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("threshold: \"12.5\"", "threshold: 12.5"), "spec.triggers.1.metadata: threshold must be a text: write it in"),
        (("threshold: \"12.5\"", "treshold: \"12.5\""), "spec.triggers.1.metadata.threshold: must be a number above 0"),
        (("threshold: \"12.5\"", "threshold: \"-1\""), "metadata.threshold: must be a number above 0, not '-1'"),
        (("sum(rate(http_requests_total", "avg(rate(http_requests_total"), "metadata.query: .*is not simulated: "),
        (("sum(rate(http_requests_total", "sum(rate(cpu_seconds_total"), "query: .*--ignore-metric prometheus"),
        (("type: prometheus", "type: cron"), "spec.triggers.1.type: unknown trigger 'cron'.*--ignore-metric cron"),
        (("type: prometheus", "type: promethus"), "did you mean 'prometheus'"),
        (("{value: \"60\"}", "{value: \"60%\"}"), "spec.triggers.0.metadata.value: must be a whole percentage"),
        (("{value: \"60\"}", "{value: \"160\"}"), "spec.triggers.0.metadata.value: 160 is never reached"),
        (("metricType: Utilization", "metricType: Value"), "metricType: cpu has a Utilization or an AverageValue"),
        (("type: cpu\n", "type: cpu\n    useCachedMetrics: true\n"), "useCachedMetrics is not for cpu: remove it"),
        (("maxReplicaCount: 7", "maxReplicaCount: 1"), r"spec.maxReplicaCount must be minReplicaCount \(2\) or more"),
        (("idleReplicaCount: 0", "idleReplicaCount: 2"), r"idleReplicaCount: must be below minReplicaCount"),
        (("maxReplicaCount: 7", "maxReplicaCount: '7'"), "spec.maxReplicaCount: '7': Input should be a valid integer"),
        (("maxReplicaCount", "maxReplicasCount"), "spec.maxReplicasCount: .*did you mean maxReplicaCount"),
        (("restoreToOriginalReplicaCount: true", MODIFIERS), "formulas are not read: scale"),
        (("replicas: 4}", "replicas: 4, behavior: currentReplicas}"), "spec.fallback.behavior"),
        (("{name: crop-scaler}", "{name: a, annotations: {autoscaling.keda.sh/paused: 'true'}}"), "is paused: remove"),
        (("{name: crop-scaler}", "{name: a, annotations: {autoscaling.keda.sh/paused-replicas: '0'}}"), "is paused"),
        (("keda.sh/v1alpha1", "keda.k8s.io/v1alpha1"), "is not read of a ScaledObject: give it as keda.sh/"),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused_in_a_line(change: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=f"^m0.yaml: document 1: .*{message}") as refused:
        control(changed(WHOLE, *change))
    assert "\n" not in str(refused.value)


def test_a_utilization_is_that_of_a_resource() -> None:
    with pytest.raises(InputError, match=r"triggers.0.metricType: Utilization is for cpu and memory: give Aver"):
        control(triggered("redis", {"listName": "a"}, metricType="Utilization"))


@pytest.mark.parametrize(
    ("kind", "metadata", "message"),
    [
        ("prometheus", {"query": "in_flight", "threshold": "500m"}, "threshold: must be a number above 0, not '500m'"),
        ("prometheus", {"query": "in_flight", "threshold": "0.0004"}, "threshold: must be a number above 0"),
        ("redis", {"listLength": "2.5"}, "listLength: must be a whole number above 0, not '2.5'"),
        ("aws-sqs-queue", {"scaleOnInFlight": "no"}, "scaleOnInFlight: must be true or false, not 'no'"),
        ("rabbitmq", {"queueLength": "2", "mode": "QueueLength"}, "queueLength: is the older form of mode and value"),
        ("rabbitmq", {"value": "2"}, "mode: must be QueueLength or MessageRate, not 'left out'"),
        ("rabbitmq", {"mode": "QueueLength"}, "value: must be a number above 0, not ''"),
        ("rabbitmq", {"mode": "MessageRate", "value": "2", "host": "amqps://r"}, "mode: MessageRate is .* over HTTP"),
        ("rabbitmq", {"excludeUnacknowledged": "true", "protocol": "amqp"}, "excludeUnacknowledged is .* HTTP only"),
    ],
)
def test_metadata_that_a_scaler_of_keda_would_not_take(kind: str, metadata: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=rf"^m0.yaml: document 1: spec.triggers.0.metadata.{message}"):
        control(triggered(kind, metadata))


def test_what_keda_itself_writes_or_does_not_count_is_no_obstacle() -> None:
    empty = changed(WHOLE, "restoreToOriginalReplicaCount: true", 'scalingModifiers: {formula: ""}')
    assert control(empty).settings == control(WHOLE).settings, "KEDA writes an empty one back"
    running = changed(WHOLE, "{name: crop-scaler}", "{name: a, annotations: {autoscaling.keda.sh/paused: 'false'}}")
    assert control(running).settings == control(WHOLE).settings


def test_a_fallback_may_be_for_a_target_of_the_whole_stage() -> None:
    whole = yaml.safe_load(triggered("redis", {"listName": "a"}, metricType="Value"))
    whole["spec"]["fallback"] = {"failureThreshold": 3, "replicas": 2}
    settings = control(yaml.safe_dump(whole)).settings
    assert isinstance(settings, KedaSettings)
    assert (settings.failures, settings.fallback) == (3, 2)


def test_a_fallback_needs_a_trigger_other_than_resources() -> None:
    whole = yaml.safe_load(triggered("cpu", {"value": "60"}, metricType="Utilization"))
    whole["spec"]["fallback"] = {"failureThreshold": 3, "replicas": 2}
    with pytest.raises(InputError, match=r"spec.fallback: needs a trigger other than cpu and memory"):
        control(yaml.safe_dump(whole))


def test_bounds_and_several_triggers_are_those_of_its_autoscaler() -> None:
    queue, flight = (Metric(source=source, target=5.0, scope="all") for source in ("queue", "in_flight"))
    settings = KedaSettings(triggers=(Trigger(queue), Trigger(flight)), min_replicas=2, max_replicas=6)
    assert replicas_over_time(keda(settings), [0.0, 15.0, 100.0], 15) == [2, 3, 6]
