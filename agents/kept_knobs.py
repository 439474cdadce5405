"""The open knobs of a scenario that an agent leaves as it finds them."""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np

from ipagym.model.configuration import Configuration, Deployment, Limits
from ipagym.model.knobs import KNOB_NAMES, MIX, open_knobs
from ipagym.model.pipeline import Pipeline
from ipagym.task.scenario import Scenario


@runtime_checkable
class Holding(Protocol):
    """An agent that keeps some knobs at values of its own, rather than at those that it finds."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """As of every agent."""

    def holds(self, found: Configuration) -> Configuration:
        """The configuration that was found, with those values in it; asked after `reset`."""


def kept(turned: Iterable[str], scenario: Scenario) -> str:
    """The open knobs that an agent keeps which turns only these, each with its value for every stage at the start.

    Empty where it keeps nothing.
    """
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
