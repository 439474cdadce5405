"""An agent with some knobs pinned, as in `hpa@yolov5s+resnet101/b=4`."""

from dataclasses import dataclass, replace

import numpy as np

from ipagym.agents.common.fleet import OnFleet
from ipagym.agents.common.wrapper import Wrapper
from ipagym.agents.kept_knobs import Holding
from ipagym.model.agent import Agent
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.knobs import CORES, KNOBS, MIX, REPLICAS, VARIANT
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.model.placement import check_node
from ipagym.model.validity import check
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

LETTERS = {knob.letter: knob.name for knob in KNOBS if knob.letter}


@dataclass(frozen=True, slots=True)
class Pins:
    """Values for all stages (`numbers`, by knob), and variants by stage, None if the agent chooses them."""

    variants: tuple[str, ...] | None
    numbers: dict[str, int]

    @property
    def knobs(self) -> frozenset[str]:
        """The knobs that are pinned."""
        chosen: frozenset[str] = frozenset() if self.variants is None else frozenset({VARIANT.name, MIX})
        return chosen | frozenset(self.numbers)

    def on(self, configuration: Configuration) -> Configuration:
        """The configuration with the pinned values in every first deployment; a pinned variant runs alone."""
        return Configuration(tuple(map(self._stage, range(len(configuration.stages)), configuration.stages)))

    def least_cores(self, index: int, stage: Stage) -> int:
        """The cores of the smallest replica that stage `index` can have with these pins."""
        variants = stage.variants if self.variants is None else (stage.variant(self.variants[index]),)
        return self.numbers.get(CORES.name, min(variant.core_choices[0] for variant in variants))

    def _stage(self, index: int, setting: StageSetting) -> StageSetting:
        turned = setting.turned(**self.numbers)
        if self.variants is None:
            return turned
        return StageSetting((replace(turned.first, variant=self.variants[index]),))


def parse_pins(text: str, scenario: Scenario) -> Pins:
    """The pins that follow the @: variants joined by +, one for each stage, and n=, b= or c=, separated by /

    Raises:
        InputError: the text cannot be read, or the scenario does not allow the values.
    """
    variants, numbers = None, {}
    for part in text.split("/"):
        letter, equals, value = part.partition("=")
        if not equals:
            variants = tuple(part.split("+"))
        elif letter not in LETTERS or not value.isdecimal():
            raise InputError(f"pinned knobs are n=, b= or c= with a whole number, not {part!r}")
        else:
            numbers[LETTERS[letter]] = int(value)
    if variants is not None and len(variants) != len(scenario.pipeline.stages):
        raise InputError(f"pin a variant for each of {len(scenario.pipeline.stages)} stages, joined by +, not {text!r}")
    pins = Pins(variants, numbers)
    check(pins.on(scenario.initial), scenario.pipeline, scenario.limits)
    for index, stage in enumerate(scenario.pipeline.stages):
        check_node(stage, pins.least_cores(index, stage), scenario.limits)
    return pins


def pinned(agent: Agent, pins: Pins) -> Agent:
    """The agent with those knobs pinned; pinned replicas replace its own fleet."""
    if isinstance(agent, OnFleet) and REPLICAS.name in pins.knobs:
        return Pinned(agent.agent, pins)
    return Pinned(agent, pins)


class Pinned(Wrapper):
    """Wraps another agent and replaces values in its decisions by the pinned ones."""

    def __init__(self, agent: Agent, pins: Pins) -> None:
        super().__init__(agent)
        self.pins = pins

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Prepare the other agent."""
        self._pipeline, self._limits = pipeline, limits
        super().reset(pipeline, limits, rng)

    def decide(self, window: Window) -> Configuration:
        """The other agent's decision with the pinned values; it also sees these values in the running configuration."""
        found = replace(window, configuration=self.pins.on(window.configuration))
        return affordable(self.pins.on(self.agent.decide(found)), self._pipeline, self._limits)

    def holds(self, found: Configuration) -> Configuration:
        """The pinned values, and those of the other agent."""
        held = self.agent.holds(found) if isinstance(self.agent, Holding) else found
        return self.pins.on(held)
