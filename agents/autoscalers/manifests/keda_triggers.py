"""The triggers of a ScaledObject that a simulated stage supports.

Source: kedacore/keda, `pkg/scalers/`: `scaler.go` (AverageValue unless said otherwise), `cpu_memory_scaler.go`,
`prometheus_scaler.go`, `rabbitmq_scaler.go`, `aws_sqs_queue_scaler.go`, `redis_scaler.go`. A queue scaler counts the
waiting requests, or the waiting and the served ones; the queue is that of the stage. Numbers and switches are parsed as
in `pkg/scalers/scalersconfig/typed_config.go`: thresholds have no units and are rounded to thousandths; an empty text
counts as missing.
"""

from collections.abc import Callable, Mapping
from math import inf
from re import Pattern
from re import compile as pattern
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from ipagym.agents.autoscalers.hpa import Metric, Source
from ipagym.agents.autoscalers.manifests.form import Api
from ipagym.agents.autoscalers.manifests.hpa import CUSTOM, resource
from ipagym.agents.autoscalers.manifests.hpa_schema import Target
from ipagym.profiles.yaml_file import first_problem
from ipagym.system.errors import InputError, unknown_name

SELECTOR = r"(?:\{[^{}]*\})?"
RATE = pattern(rf"sum\(i?rate\(([a-zA-Z_:][\w:]*){SELECTOR}\[\w+\]\)\)")
GAUGE = pattern(rf"(?:sum\(([a-zA-Z_:][\w:]*){SELECTOR}\)|([a-zA-Z_:][\w:]*){SELECTOR})")
REQUESTS = pattern(r"(?:[\w:]*[_:])?requests?_(?:total|count)")
"""Counters of requests, by the naming rules of Prometheus."""

RESOURCE_TYPES = ("cpu", "memory")

NUMBER = pattern(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
WHOLE = pattern(r"-?(?:0|[1-9][0-9]*)")
TRUE, FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")

DEFAULT_LENGTH = "5"
DEFAULT_RABBITMQ_LENGTH = "20"


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
        """True if the HPA queries it itself."""
        return self.type in RESOURCE_TYPES

    @model_validator(mode="after")
    def _can_be_cached(self) -> Self:
        if self.useCachedMetrics and self.is_resource:
            raise ValueError(f"useCachedMetrics is not for {self.type}: remove it")
        return self


def metric_of(trigger: TriggerSpec) -> Metric:
    """The metric of the trigger.

    Raises:
        InputError: a simulated stage does not have the figure; the message begins with the field.
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
    source, target = EXTERNAL[trigger.type](trigger.metadata)
    return Metric(source=source, target=target, scope="all", whole=trigger.metricType == "Value")


def _resource(trigger: TriggerSpec) -> Metric:
    """CPU or memory; the kind of target is in `metricType`, or in older releases in `metadata.type`."""
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


def _threshold(metadata: Mapping[str, str], field: str, default: str = "", form: Pattern[str] = NUMBER) -> float:
    text = _text(metadata, field) or default
    value = round(float(text), 3) if form.fullmatch(text) else 0.0
    if not 0 < value < inf:
        raise InputError(
            f"metadata.{field}: must be a {'whole ' if form is WHOLE else ''}number above 0, not {text[:60]!r}"
        )
    return value


def _is_on(metadata: Mapping[str, str], field: str, *, default: bool) -> bool:
    text = _text(metadata, field)
    if text not in ("", *TRUE, *FALSE):
        raise InputError(f"metadata.{field}: must be true or false, not {text[:60]!r}")
    return text in TRUE if text else default


def _text(metadata: Mapping[str, str], field: str) -> str:
    return metadata.get(field, "").strip()


Reading = tuple[Source, float]
"""The source of the figure, and the threshold."""


def _prometheus(metadata: Mapping[str, str]) -> Reading:
    query = "".join(metadata.get("query", "").split())
    if found := RATE.fullmatch(query):
        if REQUESTS.fullmatch(found[1]):
            return "rps", _threshold(metadata, "threshold")
    elif (found := GAUGE.fullmatch(query)) and (name := found[1] or found[2]) in CUSTOM:
        return CUSTOM[name], _threshold(metadata, "threshold")
    raise InputError(
        f"metadata.query: {metadata.get('query', '')[:80]!r} is not simulated: write sum(rate(…_requests_total[1m])) "
        f"or the sum of one of {', '.join(CUSTOM)}, or --ignore-metric prometheus"
    )


def _rabbitmq(metadata: Mapping[str, str]) -> Reading:
    """AMQP counts waiting messages, HTTP also unacknowledged ones; rates are available over HTTP only."""
    mode, target = _rabbitmq_mode(metadata)
    protocol = _rabbitmq_protocol(metadata)
    ready_only = _is_on(metadata, "excludeUnacknowledged", default=False)
    if protocol == "amqp" and (mode == "MessageRate" or ready_only):
        field = "mode: MessageRate" if mode == "MessageRate" else "excludeUnacknowledged"
        raise InputError(f"metadata.{field} is to be had over HTTP only: give protocol http")
    if mode == "MessageRate":
        return "rps", target
    return "in_flight" if protocol == "http" and not ready_only else "queue", target


def _rabbitmq_mode(metadata: Mapping[str, str]) -> tuple[str, float]:
    """Mode and threshold; the older form has only `queueLength`, and the default is a queue of 20."""
    mode, given = _text(metadata, "mode"), [each for each in ("mode", "value") if _text(metadata, each)]
    if _text(metadata, "queueLength") or not given:
        if given:
            raise InputError(f"metadata.queueLength: is the older form of mode and value: remove it, or {given[0]}")
        return "QueueLength", _threshold(metadata, "queueLength", DEFAULT_RABBITMQ_LENGTH)
    if mode not in ("QueueLength", "MessageRate"):
        raise InputError(f"metadata.mode: must be QueueLength or MessageRate, not {(mode or 'left out')[:60]!r}")
    return mode, _threshold(metadata, "value")


def _rabbitmq_protocol(metadata: Mapping[str, str]) -> str:
    """`http` or `amqp`; empty if the address that shows it is not in the manifest."""
    protocol, host = _text(metadata, "protocol") or "auto", _text(metadata, "host")
    if protocol != "auto":
        return protocol
    return next((each for each in ("http", "amqp") if host.startswith(each)), "")


def _sqs(metadata: Mapping[str, str]) -> Reading:
    counts_served = _is_on(metadata, "scaleOnInFlight", default=True)
    target = _threshold(metadata, "queueLength", DEFAULT_LENGTH, WHOLE)
    return "in_flight" if counts_served else "queue", target


def _redis(metadata: Mapping[str, str]) -> Reading:
    return "queue", _threshold(metadata, "listLength", DEFAULT_LENGTH, WHOLE)


EXTERNAL: Mapping[str, Callable[[Mapping[str, str]], Reading]] = {
    "prometheus": _prometheus,
    "rabbitmq": _rabbitmq,
    "aws-sqs-queue": _sqs,
    "redis": _redis,
}
