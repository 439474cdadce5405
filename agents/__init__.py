"""Agents by name. What an agent needs beyond numpy is imported only when it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ipagym.agent import Agent
from ipagym.errors import InputError, unknown_name
from ipagym.scenario import Scenario


class Factory(Protocol):
    """Makes an agent for a scenario; `argument` is what followed the colon, or empty."""

    def __call__(self, scenario: Scenario, argument: str = "") -> Agent:
        """The agent."""


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """An agent on offer.

    `argument` names what may follow `name:`, in brackets if it is optional; empty if nothing may. `suits` says which
    scenarios the agent can serve.
    """

    description: str
    factory: Factory
    argument: str = ""
    suits: Callable[[Scenario], bool] = lambda scenario: True

    @property
    def needs_argument(self) -> bool:
        """Whether the agent cannot be made without an argument."""
        return bool(self.argument) and not self.argument.startswith("[")


def make_agent(spec: str, scenario: Scenario) -> Agent:
    """The agent that `spec` asks for: `name` or `name:argument`, as in `ipa:cbc` or `hpa:0.5`.

    Raises:
        InputError: unknown name, or an argument that is missing, superfluous or unusable.
    """
    name, colon, argument = spec.partition(":")
    if name not in AGENTS:
        raise unknown_name("agent", name, AGENTS)
    entry = AGENTS[name]
    if colon and not entry.argument:
        raise InputError(f"agent {name} takes no argument, not {argument!r}")
    if (colon or entry.needs_argument) and not argument:
        raise InputError(f"agent {name} lacks its argument: write {name}:{entry.argument.strip('[]')}")
    return entry.factory(scenario, argument)


def _ipa(scenario: Scenario, argument: str = "") -> Agent:
    from ipagym.agents.ipa import Ipa

    return Ipa(objective=scenario.objective, solver=argument or "highs")


def _infadapter(scenario: Scenario, argument: str = "") -> Agent:
    from ipagym.agents.infadapter import InfAdapter

    return InfAdapter(objective=scenario.objective, solver=argument or "highs")


def _sponge(scenario: Scenario, argument: str = "") -> Agent:
    from ipagym.agents.sponge import Sponge

    return Sponge(solver=argument or "highs")


def _joint(scenario: Scenario, argument: str = "") -> Agent:
    from ipagym.agents.joint import Joint

    return Joint(objective=scenario.objective, solver=argument or "highs")


def _hpa(scenario: Scenario, argument: str = "") -> Agent:
    from ipagym.agents.hpa import Hpa, HpaSettings

    try:
        target = float(argument or "0.6")
    except ValueError:
        raise InputError(f"target utilisation of hpa must be a number, as in hpa:0.6, not {argument!r}") from None
    return Hpa(HpaSettings(target=target))


def _static_min(scenario: Scenario, argument: str = "") -> Agent:
    from ipagym.agents.static import StaticMin

    return StaticMin()


def _static_max(scenario: Scenario, argument: str = "") -> Agent:
    from ipagym.agents.static import StaticMax

    return StaticMax()


def _random(scenario: Scenario, argument: str = "") -> Agent:
    from ipagym.agents.uniform_random import UniformRandom

    return UniformRandom()


def _ppo(scenario: Scenario, argument: str = "") -> Agent:
    from ipagym.agents.learned import load_policy

    return load_policy(Path(argument), scenario)


def _serves_one_stage(scenario: Scenario) -> bool:
    return len(scenario.pipeline.stages) == 1


def _serves_a_set(scenario: Scenario) -> bool:
    limits, variants = scenario.limits, scenario.pipeline.stages[0].variants
    return (
        _serves_one_stage(scenario) and limits.max_deployments >= len(variants) > 1 and limits.total_cores is not None
    )


AGENTS: dict[str, AgentEntry] = {
    "ipa": AgentEntry("IPA: load forecast and exact integer program", _ipa, "[highs|cbc]"),
    "infadapter": AgentEntry(
        "InfAdapter: cores for a set of variants, one stage only", _infadapter, "[highs|cbc]", _serves_a_set
    ),
    "sponge": AgentEntry(
        "Sponge: cores and batch of one replica, one stage only", _sponge, "[highs|cbc]", _serves_one_stage
    ),
    "joint": AgentEntry("all four knobs in one integer program", _joint, "[highs|cbc]"),
    "static-min": AgentEntry("lightest variants, one replica, smallest batch", _static_min),
    "static-max": AgentEntry("most accurate variants, as many replicas as fit", _static_max),
    "random": AgentEntry("uniformly random legal configurations", _random),
    "hpa": AgentEntry("Kubernetes horizontal autoscaler on CPU utilisation", _hpa, "[TARGET]"),
    "ppo": AgentEntry("a trained PPO policy from a file", _ppo, "PATH"),
}
"""Every agent by name, as on the command line."""
