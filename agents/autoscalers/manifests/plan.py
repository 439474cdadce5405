"""The assignment of the manifests' autoscalers to the stages of a scenario."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ipagym.agents.autoscalers.manifests.control import Control
from ipagym.agents.autoscalers.manifests.read import Autoscalers, Manifests, autoscalers_of
from ipagym.agents.autoscalers.manifests.rules import StageSettings
from ipagym.model.configuration import Limits
from ipagym.model.knobs import KNOBS
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.system.errors import InputError, unknown_name

ByName = dict[str, list[Control]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The settings of each stage with an autoscaler, the knobs that the autoscalers turn, the name of the agent, and
    messages about parts that are skipped, that apply differently from their text, or that have no effect.
    """

    name: str
    settings: StageSettings
    turns: frozenset[str]
    notes: tuple[str, ...]


def plan_of(manifests: Manifests, pipeline: Pipeline, limits: Limits) -> Plan:
    """The autoscalers of the manifests on that pipeline.

    An autoscaler scales the stage named like its target; if all have the same target and it is not a stage, they scale
    all stages.

    Raises:
        InputError: a part of them cannot be simulated; one line names it, its place and the remedy.
    """
    return plan(autoscalers_of(manifests), pipeline, limits)


def plan(found: Autoscalers, pipeline: Pipeline, limits: Limits) -> Plan:
    """The same for autoscalers that were already read."""
    by_stage = _assigned(found.controls, [stage.name for stage in pipeline.stages])
    for stage in pipeline.stages:
        _check_alone(stage.name, by_stage.get(stage.name, []))
        for control in by_stage.get(stage.name, ()):
            _check_memory(control, stage)
    for control in found.controls:
        _check_bounds(control, limits)
    return Plan(
        name=found.name,
        settings={name: tuple(each.settings for each in controls) for name, controls in by_stage.items()},
        turns=frozenset(control.knob for control in found.controls),
        notes=(*found.notes, *_notes(found.controls, by_stage, pipeline, limits)),
    )


def _assigned(controls: Sequence[Control], stages: Sequence[str]) -> ByName:
    """The autoscalers of each stage that has at least one."""
    strange = [each for each in controls if each.target not in stages]
    one_target = len({each.target for each in controls}) == 1
    if strange and (not one_target or get_close_matches(strange[0].target, stages, n=1)):
        first = strange[0]
        raise InputError(
            f"{first.found.place}: {first.target_path}: {unknown_name('stage', first.target[:60], stages)}"
        )
    if strange:
        return {stage: list(controls) for stage in stages}
    return {stage: own for stage in stages if (own := [each for each in controls if each.target == stage])}


def _check_alone(stage: str, controls: Sequence[Control]) -> None:
    by_knob: dict[str, Control] = {}
    for each in controls:
        first = by_knob.setdefault(each.knob, each)
        if first is not each:
            raise InputError(
                f"{each.found.place}: {each.target_path}: {each.found.title} and {first.found.title} "
                f"({first.found.place}) scale the same target, the {each.knob} of {stage}: leave one of them"
            )


def _check_memory(control: Control, stage: Stage) -> None:
    for each in control.metrics:
        shares = each.metric.source == "memory"
        if not shares and each.metric.source != "memory_mib":
            continue
        needed = ("memory_mib", "memory_request_mib") if shares else ("memory_mib",)
        for variant in stage.variants:
            if lacking := [field for field in needed if getattr(variant, field) is None]:
                raise InputError(
                    f"{control.found.place}: {each.path}: the profile has no {' and '.join(lacking)} of {variant.name} "
                    f"of {stage.name}: give every variant of it in a profile of your own, or --ignore-metric memory"
                )


def _check_bounds(control: Control, limits: Limits) -> None:
    most = limits.max_replicas
    if control.least is not None and control.least[1] > most:
        path, least = control.least
        raise InputError(
            f"{control.found.place}: {path}: {least} is more than the scenario's max_replicas, {most}: "
            "lower it, or raise max_replicas among the limits of a scenario file"
        )


def _notes(controls: Sequence[Control], by_stage: ByName, pipeline: Pipeline, limits: Limits) -> list[str]:
    stages = [stage.name for stage in pipeline.stages]
    notes = [note for control in controls for note in control.notes]
    for control in controls:
        place, most = control.found.place, limits.max_replicas
        if control.most is not None and control.most[1] > most:
            path, asked = control.most
            notes.append(f"{place}: {path}: {asked} is more than the scenario's max_replicas: {most} holds")
        if control.target not in stages:
            path, target = control.target_path, control.target[:60]
            notes.append(f"{place}: {path}: {target!r} is no stage: it scales all ({', '.join(stages)})")
    return [*notes, *_uncontrolled(by_stage, pipeline, limits), *_fixed(by_stage, pipeline, limits)]


def _uncontrolled(by_stage: ByName, pipeline: Pipeline, limits: Limits) -> list[str]:
    """A message about stages without an autoscaler for a knob that is scaled in other stages."""
    knobs = {control.knob for controls in by_stage.values() for control in controls}
    lines = []
    for knob in sorted(knobs):
        left = [s.name for s in pipeline.stages if all(each.knob != knob for each in by_stage.get(s.name, ()))]
        if left:
            lines.append(f"no autoscaler turns the {knob} of {', '.join(left)}: they stay as they are")
    return lines


def _fixed(by_stage: ByName, pipeline: Pipeline, limits: Limits) -> list[str]:
    """A message about stages where a scaled knob has only one value, or may not change together with another."""
    lines = []
    for stage in pipeline.stages:
        turned = {control.knob for control in by_stage.get(stage.name, ())}
        fixed = [knob.name for knob in KNOBS if knob.name in turned and not knob.is_open(stage, limits)]
        lines += [
            f"the scenario leaves no choice of {knob} at {stage.name}: its autoscaler does nothing" for knob in fixed
        ]
    return lines
