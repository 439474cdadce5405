"""The annotations of a Knative Service, Configuration or Revision as settings of the rule.

Source: knative/serving, `pkg/apis/autoscaling/register.go` and `annotation_validation.go` (names and bounds),
`pkg/autoscaler/config/config.go` (defaults), `pkg/reconciler/autoscaling/resources/target.go` and `metric.go` (target
and windows), `pkg/reconciler/autoscaling/kpa/resources/decider.go`,
`pkg/reconciler/autoscaling/hpa/resources/hpa.go` (the class hpa).
"""

from collections.abc import Mapping
from math import ceil
from typing import Annotated, Any

from pydantic import Field

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric
from ipagym.agents.autoscalers.hpa_behavior import Behavior, Direction, default_down, default_up
from ipagym.agents.autoscalers.knative import KpaSettings
from ipagym.agents.autoscalers.manifests.control import (
    AskedMetric,
    Control,
    NamedMetric,
    all_names,
    ignored_fields,
    kept_metrics,
)
from ipagym.agents.autoscalers.manifests.form import Loose, formed
from ipagym.agents.autoscalers.manifests.hpa import CUSTOM, DEFAULT_METRIC, resource
from ipagym.agents.autoscalers.manifests.hpa_schema import Target
from ipagym.agents.autoscalers.manifests.knative_annotations import DOMAIN, Annotations, read_annotations
from ipagym.agents.autoscalers.manifests.objects import Object, annotations_of
from ipagym.system.errors import InputError, unknown_name

GROUP = "serving.knative.dev"
SERVICE_LABEL = f"{GROUP}/service"
KPA, HPA = f"kpa.{DOMAIN}", f"hpa.{DOMAIN}"

CONCURRENCY, RPS, LEAST_TARGET = 100.0, 200.0, 0.01
"""Default targets of a replica, without an annotation or container concurrency, and the smallest target."""

UTILISATION, WINDOW_S, PANIC_PERCENT, PANIC_THRESHOLD_PERCENT = 0.7, 60.0, 10.0, 200.0

Concurrency = Annotated[int, Field(ge=0, le=1_000_000)]


class RevisionSpec(Loose):
    """The fields of a revision's `spec` that have an effect here."""

    containerConcurrency: Concurrency = 0


class Template(Loose):
    """`spec.template`."""

    spec: RevisionSpec = RevisionSpec()


class ServiceSpec(Loose):
    """`spec` of a Service or a Configuration."""

    template: Template = Template()


class Service(Loose):
    """A Service or a Configuration."""

    spec: ServiceSpec = ServiceSpec()


class Revision(Loose):
    """A Revision."""

    spec: RevisionSpec = RevisionSpec()


def knative_control(found: Object, ignored: frozenset[str]) -> Control:
    """The autoscaler: Knative's own, or an HPA if the class says so.

    Raises:
        InputError: an annotation cannot be used; one line says which.
    """
    is_revision = found.kind == "Revision"
    if is_revision:
        concurrency = formed(found, Revision).spec.containerConcurrency
    else:
        concurrency = formed(found, Service).spec.template.spec.containerConcurrency
        _check_none_outside(found)
    path = () if is_revision else ("spec", "template")
    read = read_annotations(found, annotations_of(found, *path), ".".join((*path, "metadata.annotations")))
    if not found.name:
        raise InputError(f"{found.place}: metadata.name: is missing: it is what is scaled")
    kind = read.text("class", KPA)
    if kind not in (KPA, HPA):
        raise InputError(f"{found.place}: {read.path('class')}: {unknown_name('class', kind[:60], (KPA, HPA))}")
    asked = _asked_by_hpa(read) if kind == HPA else _asked_by_kpa(read, concurrency)
    kept = kept_metrics(found, [asked], ignored)
    least, most = max(read.whole("min-scale", 0), 1), read.whole("max-scale", 0)
    return Control(
        found=found,
        knob="replicas",
        settings=_hpa(read, kept[0], least, most) if kind == HPA else _kpa(read, kept[0], least, most),
        target=_target_name(found),
        target_path="metadata.name",
        least=(read.path("min-scale"), least),
        most=(read.path("max-scale"), most) if most else None,
        metrics=kept,
        names=all_names([asked]),
        notes=ignored_fields(found, read.without_effect(is_hpa=kind == HPA)),
    )


def _check_none_outside(found: Object) -> None:
    """Refuse annotations where they have no effect, as Knative's webhook does."""
    for key in annotations_of(found):
        if key.startswith(f"{DOMAIN}/"):
            raise InputError(
                f"{found.place}: metadata.annotations.{key[:80]}: has no effect there: "
                "put it under spec.template.metadata.annotations"
            )


def _target_name(found: Object) -> str:
    """The name of the target; a Revision has the name of its service, followed by a number."""
    labels: Any = (found.content.get("metadata") or {}).get("labels")
    service = labels.get(SERVICE_LABEL) if isinstance(labels, Mapping) else None
    return service if found.kind == "Revision" and isinstance(service, str) else found.name


def _asked_by_kpa(read: Annotations, concurrency: int) -> AskedMetric:
    name, given = read.text("metric", "concurrency"), read.number("target", None)
    percent = read.number("target-utilization-percentage", None)

    def make() -> Metric:
        if name not in ("concurrency", "rps"):
            raise InputError(f"{unknown_name('metric of class kpa', name[:60], ('concurrency', 'rps'))}")
        total = RPS if name == "rps" else float(concurrency or CONCURRENCY)
        if given is not None:
            total = min(given, total) if name == "concurrency" and concurrency else given
        target = max(LEAST_TARGET, total * (UTILISATION if percent is None else percent / 100))
        return Metric(source="rps" if name == "rps" else "in_flight", target=target, scope="all")

    return AskedMetric((name,), read.path("metric"), make, ": ")


def _asked_by_hpa(read: Annotations) -> AskedMetric:
    """Without a target, the default of an HPA; that of memory is in MiB."""
    name, target = read.text("metric", "cpu"), read.number("target", None)

    def make() -> Metric:
        if target is None:
            return DEFAULT_METRIC
        if name == "cpu":
            return resource("cpu", Target(type="Utilization", averageUtilization=max(1, ceil(target))))
        if int(target) < 1:
            raise InputError(f"{name[:60]}: the target must be 1 or more, not {target:g}")
        if name == "memory":
            return Metric(source="memory_mib", target=float(int(target)))
        if name not in CUSTOM:
            raise InputError(f"{unknown_name('metric', name[:60], ('cpu', 'memory', *CUSTOM))}")
        return Metric(source=CUSTOM[name], target=float(int(target)))

    return AskedMetric((name,), read.path("metric"), make, ": ")


def _kpa(read: Annotations, asked: NamedMetric, least: int, most: int) -> KpaSettings:
    window_s = read.seconds("window", WINDOW_S)
    share = read.number("panic-window-percentage", PANIC_PERCENT) / 100
    return KpaSettings(
        metric="rps" if asked.metric.source == "rps" else "concurrency",
        target=asked.metric.target,
        window_s=window_s,
        panic_window_s=max(1.0, float(int(window_s * share + 0.5))),
        panic_threshold=read.number("panic-threshold-percentage", PANIC_THRESHOLD_PERCENT) / 100,
        delay_s=read.seconds("scale-down-delay", 0.0),
        min_replicas=least,
        max_replicas=most or None,
        activation_replicas=read.whole("activation-scale", 1),
    )


def _hpa(read: Annotations, asked: NamedMetric, least: int, most: int) -> HpaSettings:
    window_s = read.seconds("window", None)
    behavior = None
    if window_s is not None:
        up, down = default_up(), default_down()
        behavior = Behavior(
            up=Direction(window_s=window_s, policies=up.policies),
            down=Direction(window_s=window_s, policies=down.policies),
        )
    return HpaSettings(metrics=(asked.metric,), min_replicas=least, max_replicas=most or None, behavior=behavior)
