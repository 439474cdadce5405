"""Agents by name. What an agent needs beyond numpy is imported only when it is made."""

from dataclasses import replace
from importlib import import_module

import numpy as np

from ipagym.agents.catalogue import AGENTS, USUAL, AgentEntry
from ipagym.agents.knobs import Holding, kept
from ipagym.agents.spec import parse_spec
from ipagym.agents.wrappers.foretold import Foretold
from ipagym.agents.wrappers.pinned import parse_pins, pinned
from ipagym.forecast.oracle import Oracle
from ipagym.model.agent import Agent
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

__all__ = ["AGENTS", "USUAL", "AgentEntry", "entry_of", "keeps", "make_agent", "suitable"]


def make_agent(spec: str, scenario: Scenario) -> Agent:
    """The agent that `spec` asks for: `name`, `name:argument`, either with `@` and what is to be pinned.

    As in `ipa:cbc`, `hpa:0.5` or `hpa@yolov5s+resnet101/b=4`; `ipagym.agents.spec` has the signs in paths.

    Raises:
        InputError: unknown name, or an argument that is missing, superfluous or unusable.
    """
    parsed = parse_spec(spec)
    name, argument, entry = parsed.name, parsed.argument or "", parsed.entry
    if parsed.argument is not None and not entry.argument:
        raise InputError(f"agent {name} takes no argument, not {argument!r}")
    if (parsed.argument is not None or entry.needs_argument) and not argument:
        raise InputError(f"agent {name} lacks its argument: write {name}:{entry.argument.strip('[]')}")
    module, _, function = entry.made_by.partition(":")
    agent: Agent = getattr(import_module(f"ipagym.agents.{module}"), function)(scenario, argument or "")
    oracle = getattr(agent, "forecaster", None)
    agent = Foretold(agent, oracle) if isinstance(oracle, Oracle) else agent
    return agent if parsed.pins is None else pinned(agent, parse_pins(parsed.pins, scenario))


def entry_of(spec: str) -> AgentEntry:
    """The catalogue's entry of the agent that `spec` asks for.

    Raises:
        InputError: unknown name.
    """
    return parse_spec(spec).entry


def suitable(scenario: Scenario) -> list[str]:
    """All agents that suit the scenario and need no argument."""
    return [name for name, entry in AGENTS.items() if not entry.needs_argument and entry.suits(scenario)]


def keeps(spec: str, scenario: Scenario) -> str:
    """The open knobs that an agent leaves alone, with their values; empty where it turns them all."""
    pins = parse_spec(spec).pins
    pinned = frozenset[str]() if pins is None else parse_pins(pins, scenario).knobs
    agent = make_agent(spec, scenario)
    if not isinstance(agent, Holding):
        return kept(entry_of(spec).turns - pinned, scenario)
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    return kept(entry_of(spec).turns - pinned, replace(scenario, initial=agent.holds(scenario.initial)))
