"""Kubernetes' horizontal autoscaler by its argument: a target utilisation, or a manifest for the stages of a scenario.

A manifest that cannot apply is refused. If it applies differently from its text (a target that is not a stage, more
replicas than the scenario allows), the logger `ipagym` says so in one line.
"""

import logging
from functools import cache
from multiprocessing import parent_process
from pathlib import Path

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric, hpa
from ipagym.agents.autoscalers.manifests.plan import plan
from ipagym.agents.autoscalers.manifests.read import HPA, autoscalers_of, read_manifests
from ipagym.agents.autoscalers.manifests.rules import scaled_by
from ipagym.agents.common.by_stage import ByStage
from ipagym.model.agent import Agent
from ipagym.model.configuration import Limits
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError
from ipagym.system.files import is_file
from ipagym.task.scenario import Scenario

LOGGER = logging.getLogger("ipagym")

SUFFIXES = (".yaml", ".yml", ".json")
"""Suffixes of names that are read as manifests, even if there is no such file."""


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
    """The horizontal autoscalers of a manifest.

    Each scales the stage that its `scaleTargetRef` names; if all name the same target and it is not a stage, they scale
    all stages.

    Raises:
        InputError: the file cannot be read, or has a part that cannot be simulated; one line names it.
    """
    found = autoscalers_of(read_manifests(path))
    for each in found.controls:
        if each.found.kind != HPA:
            raise InputError(f"{each.found.place}: kind: {each.found.kind} is no {HPA}: give the file with --manifest")
    planned = plan(found, pipeline, limits)
    for line in planned.notes:
        _say(line)
    return scaled_by(planned.settings)


@cache
def _say(line: str) -> None:
    """Log a warning once, and not in the processes that run episodes."""
    if parent_process() is None:
        LOGGER.warning(line)
