"""The open knobs of a scenario that an agent does not change."""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np

from ipagym.model.configuration import Configuration, Deployment, Limits
from ipagym.model.knobs import KNOB_NAMES, MIX, open_knobs
from ipagym.model.pipeline import Pipeline
from ipagym.task.scenario import Scenario


@runtime_checkable
class Holding(Protocol):
    """An agent that keeps some knobs at its own values and not at the initial ones."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Like `Agent.reset`."""

    def holds(self, found: Configuration) -> Configuration:
        """The initial configuration with those values; called after `reset`."""


def kept(turned: Iterable[str], scenario: Scenario) -> str:
    """The open knobs that are not in `turned`, each with its initial value for every stage. Empty if there are none."""
    is_left = open_knobs(scenario.pipeline.stages, scenario.limits) - set(turned)
    left = [knob for knob in KNOB_NAMES if knob in is_left]
    texts = []
    for knob in left:
        if knob == MIX:
            texts.append("one variant at a time")
        else:
            values = (_value(knob, each) for each in scenario.initial.first_deployments)
            texts.append(f"{knob} {' + '.join(values)}")
    return ", ".join(texts)


def _value(knob: str, deployment: Deployment) -> str:
    value = getattr(deployment, knob)
    return "base" if value is None else str(value)
