"""The serving environment for several agents, one per stage, with PettingZoo's parallel API. A stage without an open
knob has nothing to decide and therefore no agent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, MultiDiscrete
from numpy.typing import ArrayLike, NDArray

from ipagym.envs.codec import as_array
from ipagym.envs.options import EPISODE_KEYS
from ipagym.envs.serving import ServingEnv, make_env
from ipagym.system.errors import InputError
from ipagym.workload import Workload

try:
    from pettingzoo import ParallelEnv
except ModuleNotFoundError:
    remedy = "install it with `pip install 'ipagym[multi-agent]'`"
    raise ModuleNotFoundError(f"multi-agent environments need PettingZoo: {remedy}") from None

OF_NEIGHBOURS = ("queue", "utilisation", "ready", "capacity", "accuracy")
"""An agent's entries for the stages directly before and after its own: their load and accuracy."""

Observation = NDArray[np.float32]
ByAgent = dict[str, Any]


class ServingParallelEnv(ParallelEnv[str, Observation, NDArray[np.int64]]):  # type: ignore[misc]
    """One agent for each stage of a `ServingEnv` with an open knob, named like the stage.

    An agent's action is a `MultiDiscrete` of the open knobs of its stage. Its observation holds the pipeline's entries,
    those of its stage and `OF_NEIGHBOURS` of the stages next to it; `observation_names` names them. All agents get the
    reward of the whole pipeline, and the episode ends for all at once. `state` is the whole observation. `infos` has
    the info of `ServingEnv` and the `action_mask` of each agent. Seeds are those of `ServingEnv`.
    """

    def __init__(self, env: ServingEnv) -> None:
        self.env = env
        self.render_mode = env.render_mode
        self.metadata = {"name": "ipagym_serving_v0", "is_parallelizable": True, **env.metadata}
        self._knobs = {knobs.stage.name: knobs for knobs in env.codec.stages if knobs.sizes}
        ends = np.cumsum([len(knobs.sizes) for knobs in env.codec.stages])
        self._dimensions = {
            knobs.stage.name: slice(int(end) - len(knobs.sizes), int(end))
            for knobs, end in zip(env.codec.stages, ends, strict=True)
        }
        self._columns = {knobs.stage.name: _columns(s, env) for s, knobs in enumerate(env.codec.stages) if knobs.sizes}
        self.possible_agents = list(self._knobs)
        self.agents: list[str] = []
        self.action_spaces: dict[str, MultiDiscrete] = {
            name: MultiDiscrete(list(knobs.sizes)) for name, knobs in self._knobs.items()
        }
        self.observation_spaces = {
            name: Box(-1.0, 1.0, shape=columns.shape, dtype=np.float32) for name, columns in self._columns.items()
        }
        self.state_space = env.observation_space
        self._state: Observation | None = None

    def observation_space(self, agent: str) -> Box:
        """The space of an agent's observations."""
        return self.observation_spaces[self._known(agent)]

    def action_space(self, agent: str) -> MultiDiscrete:
        """The space of an agent's actions."""
        return self.action_spaces[self._known(agent)]

    def observation_names(self, agent: str) -> tuple[str, ...]:
        """Name of each entry of an agent's observation, as in `ServingEnv.observation_names`."""
        return tuple(self.env.observation_names[column] for column in self._columns[self._known(agent)])

    def action_mask(self, agent: str) -> tuple[NDArray[np.int8], ...]:
        """Flags of the feasible values, for each dimension of an agent's action."""
        own = self._dimensions[self._known(agent)]
        return self.env.action_mask_tuple()[own]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[ByAgent, ByAgent]:
        """Begin an episode: observations and infos by agent.

        Options are those of `ServingEnv.reset`. Unknown options are accepted, as PettingZoo requires: its API test
        passes one.
        """
        known = {key: value for key, value in (options or {}).items() if key in EPISODE_KEYS}
        observation, info = self.env.reset(seed=seed, options=known)
        self.agents = list(self.possible_agents)
        self._state = observation
        return self._observations(observation), self._infos(info)

    def step(self, actions: Mapping[str, ArrayLike]) -> tuple[ByAgent, ByAgent, ByAgent, ByAgent, ByAgent]:
        """Apply the actions of all agents and advance by one interval.

        Returns observations, rewards, terminations, truncations and infos by agent.

        Raises:
            InputError: an agent's action is missing, malformed or out of range, an agent is unknown, or the episode is
                over or has not begun.
        """
        if not self.agents:
            raise InputError("the episode is over or has not begun: call reset() before step()")
        observation, reward, terminated, truncated, info = self.env.step(self._joint(actions))
        self._state = observation
        results = (
            self._observations(observation),
            dict.fromkeys(self.agents, reward),
            dict.fromkeys(self.agents, terminated),
            dict.fromkeys(self.agents, truncated),
            self._infos(info),
        )
        self.agents = [] if terminated or truncated else self.agents
        return results

    def state(self) -> Observation:
        """The last observation of the whole pipeline, of `state_space`.

        Raises:
            InputError: `reset` was never called.
        """
        if self._state is None:
            raise InputError("there is no state yet: call reset() first")
        return self._state.copy()

    def render(self) -> Any:
        """The result of `ServingEnv.render`."""
        return self.env.render()

    def close(self) -> None:
        """Release the cluster."""
        self.env.close()

    def _joint(self, actions: Mapping[str, ArrayLike]) -> NDArray[np.int64]:
        """The action of the whole pipeline."""
        if not isinstance(actions, Mapping) or set(actions) != set(self.agents):
            given = sorted(map(str, actions)) if isinstance(actions, Mapping) else type(actions).__name__
            raise InputError(f"actions must be a dictionary with one for each of {self.agents}, not {given}")
        parts = {agent: as_array(actions[agent], f"action of {agent}") for agent in self.agents}
        for agent, part in parts.items():
            if part.shape != self.action_spaces[agent].shape:
                names = ", ".join(self._knobs[agent].names)
                raise InputError(
                    f"action of {agent} must be one integer for each of {names}, not of shape {part.shape}"
                )
        return np.concatenate(list(parts.values()))

    def _observations(self, observation: Observation) -> ByAgent:
        return {agent: observation[self._columns[agent]] for agent in self.agents}

    def _infos(self, info: dict[str, Any]) -> ByAgent:
        return {agent: info | {"action_mask": self.action_mask(agent)} for agent in self.agents}

    def _known(self, agent: str) -> str:
        if agent not in self._columns:
            raise InputError(f"there is no agent {agent!r}: choose one of {self.possible_agents}")
        return agent


def parallel_env(
    name: str, workload: str | Workload | Sequence[float] | None = None, **settings: Any
) -> ServingParallelEnv:
    """The environment with one agent per stage; arguments are those of `ipagym.envs.make_env`."""
    return ServingParallelEnv(make_env(name, workload, **settings))


def _columns(own: int, env: ServingEnv) -> NDArray[np.intp]:
    """Columns of the whole observation that the agent of a stage gets."""
    pipeline = env.scenario.pipeline
    names = [stage.name for stage in pipeline.stages]
    next_to_it = {names[s] for s in (*pipeline.predecessors[own], *pipeline.successors[own])}
    wanted = []
    for name in env.observation_names:
        stage, dot, entry = name.rpartition(".")
        wanted.append(not dot or stage == names[own] or (stage in next_to_it and entry in OF_NEIGHBOURS))
    return np.flatnonzero(wanted)
