"""Kubernetes' horizontal autoscaler by its argument: a target utilisation, or a manifest for the stages of a scenario.

Where a manifest says what cannot apply, it is refused. Where it applies otherwise than it says (a target that is no
stage, more replicas than the scenario has room for), the logger `ipagym` says so, in one line.
"""

import logging
from difflib import get_close_matches
from functools import cache
from multiprocessing import parent_process
from pathlib import Path

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric, hpa, hpa_by_stage
from ipagym.agents.autoscalers.hpa_manifest import settings_by_target
from ipagym.agents.common.by_stage import ByStage
from ipagym.model.agent import Agent
from ipagym.model.configuration import Limits
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError, unknown_name
from ipagym.system.files import is_file
from ipagym.task.scenario import Scenario

LOGGER = logging.getLogger("ipagym")

SUFFIXES = (".yaml", ".yml", ".json")
"""Endings of names that are taken for manifests, even if there is no such file."""


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the target utilisation, or the path of a manifest."""
    try:
        return hpa(HpaSettings(metrics=(Metric(target=float(argument or "0.6")),)))
    except InputError:
        raise
    except ValueError:
        path = Path(argument)
    if is_file(path) or path.suffix.lower() in SUFFIXES:
        return hpa_of_manifest(path, scenario.pipeline, scenario.limits)
    raise InputError(
        f"target utilisation of hpa must be a number, as in hpa:0.6, or the path of a manifest, as in hpa:hpa.yaml, "
        f"not {argument!r}"
    )


def hpa_of_manifest(path: Path, pipeline: Pipeline, limits: Limits) -> ByStage:
    """The autoscalers of a manifest.

    Each belongs to the stage that its `scaleTargetRef` names; a single one whose target is no stage serves all stages.

    Raises:
        InputError: the file cannot be read, or holds something that cannot be simulated; one line says what.
    """
    found = settings_by_target(path)
    for settings in found.values():
        _check_bounds(settings, limits, path.name)
    stages = [stage.name for stage in pipeline.stages]
    strange = [name for name in found if name not in stages]
    if strange and (len(found) > 1 or get_close_matches(strange[0], stages, n=1)):
        raise InputError(f"{path.name}: spec.scaleTargetRef.name: {unknown_name('stage', strange[0], stages)}")
    if strange:
        _say(f"{path.name}: scaleTargetRef {strange[0]!r} is no stage: the autoscaler serves all ({', '.join(stages)})")
        return hpa_by_stage(dict.fromkeys(stages, found[strange[0]]))
    return hpa_by_stage(found)


def _check_bounds(settings: HpaSettings, limits: Limits, file: str) -> None:
    most = limits.max_replicas
    if settings.min_replicas > most:
        raise InputError(
            f"{file}: spec.minReplicas: {settings.min_replicas} is more than the scenario's max_replicas, {most}: "
            "lower it, or raise max_replicas among the limits of a scenario file"
        )
    if (settings.max_replicas or most) > most:
        _say(f"{file}: maxReplicas {settings.max_replicas} is more than the scenario's max_replicas: {most} holds")


@cache
def _say(line: str) -> None:
    """Log a warning once, and not again from the processes that run episodes."""
    if parent_process() is None:
        LOGGER.warning(line)
