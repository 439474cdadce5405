"""One autoscaler of a manifest: its knob, its target and its settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric
from ipagym.agents.autoscalers.keda import KedaSettings
from ipagym.agents.autoscalers.knative import KpaSettings
from ipagym.agents.autoscalers.manifests.objects import Object
from ipagym.agents.autoscalers.vpa import VpaSettings
from ipagym.system.errors import InputError

Settings = HpaSettings | KedaSettings | KpaSettings | VpaSettings
"""Settings of the rule for one stage; they are frozen, so that other processes get the same."""


@dataclass(frozen=True, slots=True)
class AskedMetric:
    """A metric in a manifest: its names (`--ignore-metric` accepts any of them), the path of its field, and the
    function that makes it or refuses a metric that cannot be simulated; `joint` joins the path and the message.
    """

    names: tuple[str, ...]
    path: str
    make: Callable[[], Metric]
    joint: str = "."


@dataclass(frozen=True, slots=True)
class NamedMetric:
    """A metric, and the path of its field."""

    metric: Metric
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """An autoscaler as read from its manifest. `target` is the name of the object that it scales, and `target_path` the
    field of that name; `least` and `most` are its bounds with their fields, or None. `metrics` are the ones it acts on;
    `names` has the names of all its metrics, including ignored ones. `notes` name fields without effect here.
    """

    found: Object
    knob: Literal["replicas", "cores"]
    settings: Settings
    target: str
    target_path: str
    least: tuple[str, int] | None = None
    most: tuple[str, int] | None = None
    metrics: tuple[NamedMetric, ...] = ()
    names: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def kept_metrics(found: Object, asked: Sequence[AskedMetric], ignored: frozenset[str]) -> tuple[NamedMetric, ...]:
    """The metrics that are not ignored.

    Raises:
        InputError: one cannot be simulated, or none is left.
    """
    kept = [each for each in asked if not ignored & set(each.names)]
    if not kept:
        names = ", ".join(sorted(ignored))
        raise InputError(f"{found.place}: {asked[0].path}: no metric is left without {names}: keep one")
    return tuple(_made(found, each) for each in kept)


def _made(found: Object, asked: AskedMetric) -> NamedMetric:
    try:
        return NamedMetric(asked.make(), asked.path)
    except InputError as error:
        raise InputError(f"{found.place}: {asked.path}{asked.joint}{error}") from None


def all_names(asked: Sequence[AskedMetric]) -> frozenset[str]:
    """The names of all of them."""
    return frozenset(name for each in asked for name in each.names)


def ignored_fields(found: Object, reasons: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """A line about fields without effect here, each with its reason; empty if there are none."""
    if not reasons:
        return ()
    fields = ", ".join(f"{field} ({reason})" for field, reason in reasons)
    return (f"{found.place}: {found.title}: ignored: {fields}",)
