"""Agents by name. Dependencies of an agent other than numpy are imported only when it is made."""

from dataclasses import replace
from importlib import import_module

import numpy as np

from ipagym.agents.catalogue import AGENTS, USUAL, AgentEntry
from ipagym.agents.external import build, find
from ipagym.agents.kept_knobs import Holding, kept
from ipagym.agents.spec import AgentSpec
from ipagym.agents.wrappers.foretold import Foretold
from ipagym.agents.wrappers.pinned import Pinned, parse_pins, pinned
from ipagym.forecast.oracle import Oracle
from ipagym.model.agent import Agent
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

__all__ = ["AGENTS", "USUAL", "AgentEntry", "AgentSpec", "keeps", "kept_by", "make_agent", "suitable"]


def make_agent(asked: str | AgentSpec, scenario: Scenario) -> Agent:
    """The requested agent: `name`, `name:argument` or `module:Class`; each may end in `@` and the knobs to pin.

    Examples: `ipa:cbc`, `hpa:0.5`, `my_agents:MyAgent`, `hpa@yolov5s+resnet101/b=4`. `ipagym.agents.spec` describes how
    these signs are read in paths, `ipagym.agents.external` what a module may hold.

    Raises:
        InputError: the name is unknown, or the argument is missing, not allowed or cannot be used.
    """
    spec = AgentSpec.parse(asked) if isinstance(asked, str) else asked
    _check_argument(spec)
    agent = _of_the_catalogue(spec, scenario) if spec.name in AGENTS else build(find(spec.name), scenario, spec.name)
    oracle = getattr(agent, "forecaster", None)
    agent = Foretold(agent, oracle) if isinstance(oracle, Oracle) else agent
    return agent if spec.pins is None else pinned(agent, parse_pins(spec.pins, scenario))


def suitable(scenario: Scenario) -> list[str]:
    """All agents of the catalogue that suit the scenario and need no argument."""
    return [name for name, entry in AGENTS.items() if not entry.needs_argument and entry.suits(scenario)]


def keeps(asked: str | AgentSpec, scenario: Scenario) -> str:
    """The open knobs that an agent does not change, with their values; empty if it changes all of them."""
    spec = AgentSpec.parse(asked) if isinstance(asked, str) else asked
    return kept_by(make_agent(spec, scenario), spec.entry.turns, scenario)


def kept_by(agent: Agent, turns: frozenset[str], scenario: Scenario) -> str:
    """The same for an agent that turns these knobs unless they are pinned. Reset the agent before it is used."""
    left = turns - agent.pins.knobs if isinstance(agent, Pinned) else turns
    if not isinstance(agent, Holding):
        return kept(left, scenario)
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    return kept(left, replace(scenario, initial=agent.holds(scenario.initial)))


def _check_argument(spec: AgentSpec) -> None:
    name, argument, entry = spec.name, spec.argument, spec.entry
    if argument is not None and not entry.argument:
        raise InputError(f"agent {name} takes no argument, not {argument!r}")
    if (argument is not None or entry.needs_argument) and not argument:
        raise InputError(f"agent {name} lacks its argument: write {name}:{entry.argument.strip('[]')}")


def _of_the_catalogue(spec: AgentSpec, scenario: Scenario) -> Agent:
    module, _, function = spec.entry.made_by.partition(":")
    agent: Agent = getattr(import_module(f"ipagym.agents.{module}"), function)(scenario, spec.argument or "")
    return agent
