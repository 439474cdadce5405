"""The triggers of a ScaledObject whose figures a simulated stage has.

Source: kedacore/keda, `pkg/scalers/`: `scaler.go` (AverageValue unless said otherwise), `cpu_memory_scaler.go`,
`prometheus_scaler.go`, `rabbitmq_scaler.go`, `aws_sqs_queue_scaler.go`, `redis_scaler.go`. What a queue scaler counts
is either what waits, or that and what is being served; the queue is the stage's own.
"""

from collections.abc import Callable, Mapping
from re import compile as pattern
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from ipagym.agents.autoscalers.hpa import Metric, Source
from ipagym.agents.autoscalers.manifests.form import Api
from ipagym.agents.autoscalers.manifests.hpa import CUSTOM, resource
from ipagym.agents.autoscalers.manifests.hpa_schema import Target
from ipagym.agents.autoscalers.manifests.quantity import quantity
from ipagym.profiles.yaml_file import first_problem
from ipagym.system.errors import InputError, unknown_name

SELECTOR = r"(?:\{[^{}]*\})?"
RATE = pattern(rf"sum\(i?rate\(([a-zA-Z_:][\w:]*){SELECTOR}\[\w+\]\)\)")
GAUGE = pattern(rf"(?:sum\(([a-zA-Z_:][\w:]*){SELECTOR}\)|([a-zA-Z_:][\w:]*){SELECTOR})")
REQUESTS = pattern(r"(?:[\w:]*[_:])?requests?_(?:total|count)")
"""Counters of requests, by the naming rules of Prometheus."""

RESOURCE_TYPES = ("cpu", "memory")
DEFAULT_LENGTH = "5"


class TriggerSpec(Api):
    """One of `triggers`; the fields of its metadata depend on its type, and are texts."""

    type: Annotated[str, Field(min_length=1, max_length=100)]
    name: str | None = None
    metadata: dict[str, str]
    metricType: Literal["AverageValue", "Value", "Utilization"] | None = None
    useCachedMetrics: bool | None = None
    authenticationRef: dict[str, Any] | None = None

    @field_validator("metadata", mode="before")
    @classmethod
    def _is_of_texts(cls, given: Any) -> Any:
        for key, value in given.items() if isinstance(given, dict) else ():
            if not isinstance(value, str):
                raise ValueError(f"{str(key)[:60]} must be a text: write it in quotes")
        return given

    @property
    def is_resource(self) -> bool:
        """True where the HPA asks for it itself."""
        return self.type in RESOURCE_TYPES

    @model_validator(mode="after")
    def _can_be_cached(self) -> Self:
        if self.useCachedMetrics and self.is_resource:
            raise ValueError(f"useCachedMetrics is not for {self.type}: remove it")
        return self


def metric_of(trigger: TriggerSpec) -> Metric:
    """The metric that it scales by.

    Raises:
        InputError: a simulated stage has no such figure; the text begins with the field.
    """
    if trigger.is_resource:
        return _resource(trigger)
    if trigger.type not in EXTERNAL:
        known = unknown_name("trigger", trigger.type, (*RESOURCE_TYPES, *EXTERNAL))
        raise InputError(f"type: {known}, or --ignore-metric {trigger.type}")
    if trigger.metricType == "Utilization":
        raise InputError(
            f"metricType: Utilization is for cpu and memory: give AverageValue or Value for {trigger.type}"
        )
    source, field, text = EXTERNAL[trigger.type](trigger.metadata)
    return Metric(source=source, target=_number(field, text), scope="all", whole=trigger.metricType == "Value")


def _resource(trigger: TriggerSpec) -> Metric:
    """As `metadata.type`, which older releases have, or as `metricType`."""
    kind, value = trigger.metricType or trigger.metadata.get("type"), trigger.metadata.get("value", "")
    if kind not in ("Utilization", "AverageValue"):
        raise InputError(f"metricType: {trigger.type} has a Utilization or an AverageValue: give one of them")
    if kind == "Utilization" and not value.isdecimal():
        raise InputError(f'metadata.value: must be a whole percentage, as in "60", not {value[:60]!r}')
    figure = {"averageUtilization": int(value)} if kind == "Utilization" else {"averageValue": value}
    try:
        return resource(trigger.type, Target.model_validate({"type": kind, **figure}))
    except ValidationError as error:
        raise InputError(f"metadata.value: {first_problem(error)}") from None
    except InputError as error:
        raise InputError(f"metadata.value: {str(error).partition(': ')[2]}") from None


def _number(field: str, text: str) -> float:
    try:
        value = quantity(text)
    except ValueError:
        value = 0.0
    if value <= 0:
        raise InputError(f"metadata.{field}: must be a number above 0, not {text[:60]!r}")
    return value


Reading = tuple[Source, str, str]
"""The source of the figure, and the field of the threshold with its text."""


def _prometheus(metadata: Mapping[str, str]) -> Reading:
    query = "".join(metadata.get("query", "").split())
    if found := RATE.fullmatch(query):
        if REQUESTS.fullmatch(found[1]):
            return "rps", "threshold", metadata.get("threshold", "")
    elif (found := GAUGE.fullmatch(query)) and (name := found[1] or found[2]) in CUSTOM:
        return CUSTOM[name], "threshold", metadata.get("threshold", "")
    raise InputError(
        f"metadata.query: {metadata.get('query', '')[:80]!r} is not simulated: write sum(rate(…_requests_total[1m])) "
        f"or the sum of one of {', '.join(CUSTOM)}, or --ignore-metric prometheus"
    )


def _rabbitmq(metadata: Mapping[str, str]) -> Reading:
    """Without a mode, an older form: `queueLength`. AMQP counts what waits, HTTP what is not acknowledged as well."""
    mode, field = metadata.get("mode"), "value"
    if mode is None and "queueLength" in metadata:
        mode, field = "QueueLength", "queueLength"
    if mode == "MessageRate":
        return "rps", field, metadata.get(field, "")
    if mode != "QueueLength":
        raise InputError(f"metadata.mode: must be QueueLength or MessageRate, not {(mode or 'left out')[:60]!r}")
    protocol, host = metadata.get("protocol", "auto"), metadata.get("host", "")
    is_http = protocol == "http" or (protocol == "auto" and host.startswith("http"))
    counts_served = is_http and metadata.get("excludeUnacknowledged", "false").lower() != "true"
    return "in_flight" if counts_served else "queue", field, metadata.get(field, "")


def _sqs(metadata: Mapping[str, str]) -> Reading:
    counts_served = metadata.get("scaleOnInFlight", "true").lower() != "false"
    return "in_flight" if counts_served else "queue", "queueLength", metadata.get("queueLength", DEFAULT_LENGTH)


def _redis(metadata: Mapping[str, str]) -> Reading:
    return "queue", "listLength", metadata.get("listLength", DEFAULT_LENGTH)


EXTERNAL: Mapping[str, Callable[[Mapping[str, str]], Reading]] = {
    "prometheus": _prometheus,
    "rabbitmq": _rabbitmq,
    "aws-sqs-queue": _sqs,
    "redis": _redis,
}
