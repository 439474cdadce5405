"""The arguments of `gym.make` and `gym.make_vec`, divided between the scenario and the environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

from ipagym.cluster.backends import BACKENDS
from ipagym.cluster.protocol import Simulator
from ipagym.cluster.sim import ENGINES
from ipagym.envs.options import CHOSEN, EnvOptions
from ipagym.envs.scenarios import make_scenario
from ipagym.system.errors import InputError, unknown_argument, unknown_name
from ipagym.task.scenario import Scenario

OF_SCENARIO = tuple(each for each in signature(make_scenario).parameters if each not in ("name", "load", "trace"))
"""The arguments for `make_scenario`."""

OF_MAKE = ("workload", "trace", "backend", "render_mode", "max_episode_steps", "num_envs", "autoreset_mode", "rendered")


@dataclass(frozen=True, slots=True)
class Arguments:
    """The scenario and the options of an environment."""

    scenario: Scenario
    options: EnvOptions

    @classmethod
    def of(cls, name: str, workload: Any, trace: str | Path | None, settings: Mapping[str, Any]) -> "Arguments":
        """The scenario and the options that the arguments describe.

        Raises:
            InputError: one is unknown, or its value cannot be used.
        """
        for each in settings:
            if each not in (*OF_SCENARIO, *CHOSEN):
                raise unknown_argument(each, [*OF_SCENARIO, *CHOSEN, *OF_MAKE])
        parts = {key: value for key, value in settings.items() if key in OF_SCENARIO}
        chosen = {key: value for key, value in settings.items() if key in CHOSEN}
        scenario = make_scenario(name, workload, trace=trace, **parts)
        remade = partial(_again, name, trace, parts)
        return cls(scenario, EnvOptions(**chosen, name=name, remade=remade))

    @staticmethod
    def engine(backend: str) -> Callable[[Scenario], Simulator]:
        """The simulator of that name; many of them can run at once.

        Raises:
            InputError: the name is unknown.
        """
        if backend in BACKENDS and backend not in ENGINES:
            raise InputError(f"many environments at once need a simulator, {' or '.join(ENGINES)}, not {backend}")
        if backend not in ENGINES:
            raise unknown_name("backend", str(backend), ENGINES)
        return ENGINES[backend]


def _again(name: str, trace: str | Path | None, parts: Mapping[str, Any], *, load: Any, slo_s: float) -> Scenario:
    """The same scenario with another workload or SLO; a trace file applies only to the workload it was given with."""
    others = {key: value for key, value in parts.items() if key not in ("slo", "slo_s")}
    return make_scenario(name, load, trace=trace if isinstance(load, str) else None, slo_s=slo_s, **others)
