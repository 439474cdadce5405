"""The Gymnasium environment over one cluster."""

from collections.abc import Sequence
from copy import copy, deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ipagym.cluster import Cluster, Simulator
from ipagym.cluster.sim import ENGINES, CompiledCluster
from ipagym.envs.codec import Codec
from ipagym.envs.observation import Observer
from ipagym.envs.rendering.view import FPS, MODES, View, check_mode
from ipagym.envs.scenarios import make_scenario
from ipagym.model.configuration import requested_cores
from ipagym.model.window import Window
from ipagym.system.errors import InputError, unknown_name
from ipagym.task.objective import RewardTerms
from ipagym.task.reward import Rewards
from ipagym.task.scenario import Scenario
from ipagym.task.telemetry import Feed
from ipagym.workload import Workload


class ServingEnv(gymnasium.Env[Any, Any]):
    """One step is one adaptation interval of a serving pipeline.

    The action is a `MultiDiscrete` of indices, one for each open knob (`ipagym.envs.Codec`); the observation a flat
    float32 vector whose entries are named in `observation_names`. `reset` lets one warm-up interval pass under the
    scenario's initial configuration. An episode never terminates: at the end of the workload it is truncated.

    Without a cluster one is simulated by the compiled engine. Without `with_info`, `info` stays empty, which is faster.
    """

    metadata = {"render_modes": list(MODES), "render_fps": FPS}  # noqa: RUF012 (Gymnasium's own form)

    def __init__(
        self,
        scenario: Scenario,
        cluster: Cluster | None = None,
        render_mode: str | None = None,
        *,
        with_info: bool = True,
    ) -> None:
        check_mode(render_mode, MODES)
        self.scenario = scenario
        self.cluster = cluster or CompiledCluster(scenario)
        self.render_mode = render_mode
        self._view = None if render_mode is None else View(render_mode, scenario)
        self.codec = Codec(scenario.pipeline, scenario.limits)
        self.observer = Observer(scenario.pipeline, scenario.limits)
        self.action_space = self.codec.space()
        self.observation_space = self.observer.space()
        self._rewards = Rewards(scenario.pipeline, scenario.limits.max_deployments)
        self.history: list[Window] = []
        self._with_info = with_info

    @property
    def observation_names(self) -> tuple[str, ...]:
        """Name of each entry of the observation."""
        return self.observer.names

    def action_masks(self) -> NDArray[np.bool_]:
        """Flags of the values that may be chosen, flat over all dimensions of the action."""
        return self.codec.masks()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; without a seed one is drawn from the environment's own generator."""
        super().reset(seed=seed)
        self.cluster.reset(int(self.np_random.integers(2**31)) if seed is None else seed)
        window = self.cluster.advance(self.scenario.interval_s)
        self.history = [window]
        self._show()
        self._feed = Feed(self.scenario.telemetry, self.scenario.interval_s)
        return self.observer.observe(self._feed.see(window)), self._info(window, None)

    def step(self, action: ArrayLike) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Ask for the configuration that `action` stands for and let one interval pass.

        Raises:
            InputError: the action is malformed or out of range, or the episode is over or not begun.
        """
        if not 0 < len(self.history) < self.scenario.windows:
            raise InputError("the episode is over or not begun: call reset() before step()")
        previous = self.history[-1].configuration
        self.cluster.apply(self.codec.decode(action))
        window = self.cluster.advance(self.scenario.interval_s)
        self.history.append(window)
        self._show()
        terms = self._rewards.of_window(window, previous)
        truncated = len(self.history) >= self.scenario.windows
        reward = self.scenario.objective.scalar(terms)
        return self.observer.observe(self._feed.see(window)), reward, False, truncated, self._info(window, terms)

    def fork(self) -> "ServingEnv":
        """A second environment in the same state, independent from now on; a person is not shown what happens in it.

        Raises:
            InputError: the cluster is not simulated.
        """
        if not isinstance(self.cluster, Simulator):
            raise InputError(f"{type(self.cluster).__name__} cannot be forked: only simulated clusters can")
        mode = None if self.render_mode == "human" else self.render_mode
        twin = ServingEnv(self.scenario, self.cluster.fork(), mode, with_info=self._with_info)
        twin.history = list(self.history)
        if self.history:
            twin._feed = copy(self._feed)
        twin.np_random = deepcopy(self.np_random)
        return twin

    def render(self) -> Any:
        """The last window as text (ansi), the episode so far as a picture (rgb_array), or nothing: what a person sees
        (human) is shown by `reset` and `step`.

        Raises:
            InputError: `reset` was never called.
        """
        if self._view is None:
            gymnasium.logger.warn("render() does nothing without a render_mode: pass one to gym.make()")
            return None
        if not self.history:
            raise InputError("nothing to render yet: call reset() first")
        return None if self.render_mode == "human" else self._view.frame(self.history)

    def close(self) -> None:
        """Release the cluster, and close what `human` has opened."""
        if self._view is not None:
            self._view.close()
        self.cluster.close()

    def _show(self) -> None:
        if self._view is not None and self.render_mode == "human":
            self._view.show(self.history)

    def _info(self, window: Window, terms: RewardTerms[float] | None) -> dict[str, Any]:
        if not self._with_info:
            return {}
        told = asdict(window)
        del told["latency_s"]
        quantiles = {
            name: window.latency_quantile_s(q) for name, q in (("latency_p50_s", 0.5), ("latency_p99_s", 0.99))
        }
        info: dict[str, Any] = {
            "window": told | quantiles,
            "configuration": str(window.configuration),
            "requested_cores": requested_cores(window.configuration, self.scenario.pipeline),
            "pending_replicas": sum(stage.pending for stage in window.stages),
        }
        if terms is not None:
            info |= {"reward_terms": asdict(terms), "reward": self.scenario.objective.scalar(terms)}
        return info


def make_env(
    name: str,
    workload: str | Workload | Sequence[float] | None = None,
    *,
    backend: str = "compiled",
    render_mode: str | None = None,
    trace: str | Path | None = None,
    with_info: bool = True,
    **settings: Any,
) -> ServingEnv:
    """The environment behind the registered ids; `settings` go to `ipagym.envs.make_scenario`.

    `backend` is the engine that simulates the cluster: compiled or simpy.
    """
    if backend not in ENGINES:
        raise unknown_name("backend", backend, ENGINES)
    scenario = make_scenario(name, workload, trace=trace, **settings)
    return ServingEnv(scenario, ENGINES[backend](scenario), render_mode, with_info=with_info)


make_env.metadata = ServingEnv.metadata  # type: ignore[attr-defined]  # where gym.make looks for render modes
