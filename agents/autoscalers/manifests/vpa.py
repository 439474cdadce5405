"""A VerticalPodAutoscaler as settings of the rule.

Source: kubernetes/autoscaler, `vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1/types.go` (fields and defaults),
`pkg/utils/vpa/capping.go` (minAllowed and maxAllowed, where 0 means none), `pkg/updater` (at least two replicas, unless
`minReplicas` says otherwise). A stage has one container.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from ipagym.agents.autoscalers.manifests.control import Control, ignored_fields
from ipagym.agents.autoscalers.manifests.form import Api, Count, Loose, TargetRef, formed
from ipagym.agents.autoscalers.manifests.objects import Object
from ipagym.agents.autoscalers.manifests.quantity import Quantity
from ipagym.agents.autoscalers.vpa import VpaSettings
from ipagym.system.errors import InputError

UPDATER_REPLICAS = 2
"""The updater's `--min-replicas`."""

ANY = "*"
OF_MEMORY = {
    *("oomBumpUpRatio", "oomMinBumpUp"),
    *("memoryAggregationIntervalSeconds", "memoryAggregationIntervalCount"),
}
PATH = "spec.resourcePolicy.containerPolicies"

Amounts = dict[str, Quantity]


class UpdatePolicy(Api):
    """`updatePolicy`."""

    updateMode: Literal["Off", "Initial", "Recreate", "InPlaceOrRecreate", "InPlace", "Auto"]
    minReplicas: Count | None = None
    evictAfterOOMSeconds: Count | None = None
    evictionRequirements: list[dict[str, Any]] | None = None


class ContainerPolicy(Api):
    """The policy of one container, or of all containers without their own (`*`)."""

    containerName: Annotated[str, Field(min_length=1)]
    mode: Literal["Auto", "Off"] | None = None
    minAllowed: Amounts | None = None
    maxAllowed: Amounts | None = None
    controlledResources: list[Literal["cpu", "memory"]] | None = None
    controlledValues: Literal["RequestsAndLimits", "RequestsOnly"] | None = None
    oomBumpUpRatio: Quantity | None = None
    oomMinBumpUp: Quantity | None = None
    memoryAggregationIntervalSeconds: Count | None = None
    memoryAggregationIntervalCount: Count | None = None
    startupBoost: dict[str, Any] | None = None


class ResourcePolicy(Api):
    """`resourcePolicy`."""

    containerPolicies: Annotated[list[ContainerPolicy], Field(max_length=100)] | None = None


class Recommender(Api):
    """Who recommends."""

    name: str


class Spec(Api):
    """`spec`."""

    targetRef: TargetRef
    updatePolicy: UpdatePolicy | None = None
    resourcePolicy: ResourcePolicy | None = None
    recommenders: list[Recommender] | None = None
    startupBoost: dict[str, Any] | None = None


class VerticalPodAutoscaler(Loose):
    """The manifest."""

    spec: Spec


def vpa_control(found: Object, ignored: frozenset[str]) -> Control:
    """The autoscaler; it has no metrics to ignore.

    Raises:
        InputError: a part of it cannot be simulated; one line names it.
    """
    spec = formed(found, VerticalPodAutoscaler).spec
    update = spec.updatePolicy or UpdatePolicy(updateMode="Recreate")
    policies = list((spec.resourcePolicy or ResourcePolicy()).containerPolicies or ())
    _check(found, spec, update)
    index, policy = _policy(found, policies, spec.targetRef.name)
    is_off = update.updateMode == "Off" or policy.mode == "Off"
    least, most = _bounds(found, policy, f"{PATH}.{index}")
    return Control(
        found=found,
        knob="cores",
        settings=VpaSettings(
            update="off" if is_off else "updater",
            min_replicas=update.minReplicas or UPDATER_REPLICAS,
            least_cores=least,
            most_cores=most,
        ),
        target=spec.targetRef.name,
        target_path="spec.targetRef.name",
        notes=_notes(found, update, policy, is_off=is_off),
    )


def _check(found: Object, spec: Spec, update: UpdatePolicy) -> None:
    refused = {
        "spec.updatePolicy.updateMode": update.updateMode == "Initial",
        "spec.updatePolicy.evictionRequirements": bool(update.evictionRequirements),
        "spec.startupBoost": bool(spec.startupBoost),
        "spec.recommenders": any(each.name != "default" for each in spec.recommenders or ()),
    }
    remedies = {
        "spec.updatePolicy.updateMode": "Initial has no counterpart, as all replicas of a stage have the same cores: "
        "give Recreate, InPlaceOrRecreate or Off",
    }
    for path in (path for path, is_given in refused.items() if is_given):
        raise InputError(f"{found.place}: {path}: {remedies.get(path, 'is not simulated: remove it')}")


def _policy(found: Object, policies: list[ContainerPolicy], target: str) -> tuple[int, ContainerPolicy]:
    """The policy of the serving container, and its place. It is the policy with the target's name; otherwise the only
    one that is not off; otherwise that of all containers (`*`).
    """
    names = [each.containerName for each in policies]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InputError(f"{found.place}: {PATH}: {min(twice)[:60]!r} appears twice: leave one of them")
    on = [(index, each) for index, each in enumerate(policies) if each.mode != "Off"]
    named = [(index, each) for index, each in enumerate(policies) if each.containerName == target]
    if named or len(on) == 1:
        return (named or on)[0]
    if not on:
        return (0, policies[0]) if ANY in names else (0, ContainerPolicy(containerName=ANY))
    for index, each in on:
        if each.containerName == ANY and len(on) == 2:
            return next(one for one in on if one[0] != index)
    raise InputError(
        f"{found.place}: {PATH}: several containers ({', '.join(names)[:100]}), and a stage has one: switch the others "
        f"off, or call the one that serves {target!r}"
    )


def _bounds(found: Object, policy: ContainerPolicy, path: str) -> tuple[float, float]:
    controlled = policy.controlledResources
    if controlled is not None and "cpu" not in controlled:
        raise InputError(
            f"{found.place}: {path}.controlledResources: has no cpu, and memory is no knob here: remove it"
        )
    least, most = ((given or {}).get("cpu", 0.0) for given in (policy.minAllowed, policy.maxAllowed))
    least, most = float(least), float(most) or float("inf")
    for name, value in (("minAllowed", least), ("maxAllowed", most)):
        if value < 0:
            raise InputError(f"{found.place}: {path}.{name}.cpu: must be 0 or more, not {value:g}")
    if least > most:
        raise InputError(f"{found.place}: {path}.maxAllowed.cpu: must be minAllowed ({least:g}) or more, not {most:g}")
    return least, most


def _notes(found: Object, update: UpdatePolicy, policy: ContainerPolicy, *, is_off: bool) -> tuple[str, ...]:
    amounts = {**(policy.minAllowed or {}), **(policy.maxAllowed or {})}
    reasons = [
        ("memory" in amounts or "memory" in (policy.controlledResources or ()), "memory", "it is no knob here"),
        (policy.controlledValues is not None, "controlledValues", "there are no limits beside requests"),
        (bool(policy.model_fields_set & OF_MEMORY), "oom…, memoryAggregation…", "memory is no knob here"),
        (update.evictAfterOOMSeconds is not None, "evictAfterOOMSeconds", "memory is no knob here"),
    ]
    said = ignored_fields(found, [(field, reason) for is_given, field, reason in reasons if is_given])
    if is_off:
        return (*said, f"{found.place}: {found.title}: is off: it leaves the cores as they are")
    if update.minReplicas is None:
        return (*said, f"{found.place}: {found.title}: leaves stages with one replica alone, as the updater does where "
                "updatePolicy.minReplicas does not say 1")  # fmt: skip
    return said
