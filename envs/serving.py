"""The Gymnasium environment over one cluster."""

from collections.abc import Sequence
from copy import copy, deepcopy
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from numpy.typing import ArrayLike, NDArray

from ipagym.cluster import Cluster, Simulator
from ipagym.cluster.backends import check_able, named_backend
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs.arguments import Arguments
from ipagym.envs.codec import Codec
from ipagym.envs.episode_seeds import seed_to_play
from ipagym.envs.feeds import Figures
from ipagym.envs.info import info_of_one
from ipagym.envs.masks import Masks
from ipagym.envs.observation_builder import ObservationBuilder
from ipagym.envs.options import EnvOptions, EpisodeOptions, checked_range, episode_options, scenario_of
from ipagym.envs.reference_returns import Reference, reference_of
from ipagym.envs.rendering.view import FPS, MODES, View, check_mode
from ipagym.envs.rewards import RewardRule
from ipagym.envs.specification import with_steps
from ipagym.model.configuration import Configuration
from ipagym.model.deployments import Deployments, configuration_of, deployments_of
from ipagym.model.records import Records, records_of
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.objective import RewardTerms
from ipagym.task.reward import Rewards
from ipagym.task.scenario import Scenario
from ipagym.task.telemetry import Feed
from ipagym.workload import Workload

ALONE = np.zeros(1, dtype=np.int64)
"""The index of the only environment, for functions that take several."""


class ServingEnv(gymnasium.Env[Any, Any]):
    """One step is one adaptation interval of a serving pipeline.

    The action is a `MultiDiscrete` of indices, one for each open knob (`ipagym.envs.Codec`); the observation a flat
    float32 vector whose entries are named in `observation_names`. `reset` runs one warm-up interval with the scenario's
    initial configuration. An episode never terminates: at the end of the workload it is truncated.

    Without `cluster`, the compiled engine simulates one. `options` are those of `ipagym.envs.options`. `info` is that
    of `ipagym.envs.info`, with the same keys and shapes from `reset` and `step`.
    """

    metadata = {"render_modes": list(MODES), "render_fps": FPS}  # noqa: RUF012 (Gymnasium's own form)

    def __init__(
        self,
        scenario: Scenario,
        cluster: Cluster | None = None,
        render_mode: str | None = None,
        *,
        options: EnvOptions | None = None,
    ) -> None:
        check_mode(render_mode, MODES)
        self.options = options or EnvOptions()
        self.render_mode = render_mode
        self.codec = Codec(scenario.pipeline, scenario.limits)
        self.masks = Masks(self.codec)
        self._own = scenario
        self._spec: EnvSpec | None = None
        self._stand_on(scenario, cluster or CompiledCluster(scenario))
        self.action_space = self.codec.space()
        self.observation_space = self._builder.space()
        if self._rule.space is not None:
            self.reward_space, self.reward_dim = self._rule.space, self._rule.space.shape[0]

    def _stand_on(self, scenario: Scenario, cluster: Cluster) -> None:
        """Use this scenario and cluster from now on."""
        self.scenario = scenario
        self.cluster = cluster
        self._view = None if self.render_mode is None else View(self.render_mode, scenario)
        self.history: list[Window] = []
        self._asked: tuple[Configuration, Deployments] | None = None
        self._seen: Figures | None = None
        self._builder = ObservationBuilder(scenario, self.options, 1)
        self._rewards = Rewards(scenario.pipeline, scenario.limits.max_deployments)
        self._rule = RewardRule(self.options.reward, scenario, self.options.reward_terms, self.options.name)

    @property
    def spec(self) -> EnvSpec | None:
        """The specification it was made from, with the number of steps of an episode."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = with_steps(spec, self.scenario)

    @property
    def observation_names(self) -> tuple[str, ...]:
        """Name of each entry of the observation."""
        return self._builder.names

    @property
    def deployments(self) -> Deployments:
        """The configuration in force, records of `ipagym.model.deployments` of shape (1, stages, max_deployments).

        Raises:
            InputError: `reset` was never called.
        """
        if not self.history:
            raise InputError("no configuration is in force yet: call reset() first")
        return self._records(self.history[-1])

    @property
    def seen(self) -> Figures:
        """The last window that has reached the controller, in arrays of one row.

        Raises:
            InputError: `reset` was never called.
        """
        if self._seen is None:
            raise InputError("there is no window yet: call reset() first")
        return self._seen

    @property
    def reference_returns(self) -> Reference | None:
        """Returns of reference agents on this scenario; None if it is not an unchanged scenario of the package."""
        return reference_of(self.options.name, self._own)

    def action_masks(self, chosen: "ArrayLike | ServingEnv" = ()) -> NDArray[np.bool_]:
        """Flags of the feasible values, flat over all dimensions of the action. With the values `chosen` for the first
        dimensions, only values that leave room for the rest are true (`ipagym.envs.masks`).

        The `ActionMasker` of sb3-contrib passes the environment itself; this means that nothing is chosen.
        """
        return self.masks.after(() if isinstance(chosen, ServingEnv) else chosen)

    def action_mask_tuple(self) -> tuple[NDArray[np.int8], ...]:
        """The same flags in the form for `action_space.sample(mask=...)`."""
        return self.masks.as_tuple(self.masks.after(()))

    def feasible_action(self) -> NDArray[np.int64]:
        """A random feasible action, drawn with the generator of the action space."""
        return self.masks.random_action(self.action_space.np_random)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; without a seed, one is drawn from the environment's generator.

        `options` are for this episode only: `workload` and `slo_s` replace those of the scenario, `seed_range` is the
        range from which the seed is drawn.

        Raises:
            InputError: an option is unknown or cannot be used; a live cluster cannot change its load.
        """
        episode = episode_options(options)
        super().reset(seed=seed)
        self._change_to(episode)
        bounds = checked_range(episode.seed_range or self.options.seed_range)
        played = seed_to_play(seed, bounds, lambda: self.np_random)
        self.cluster.reset(played)
        window = self.cluster.advance(self.scenario.interval_s)
        self.history = [window]
        self._show()
        self._feed = Feed(self.scenario.telemetry, self.scenario.interval_s, played)
        self._builder.begin(ALONE)
        return self._shown(window, self._rewards.of_window(window, window.configuration))

    def step(self, action: ArrayLike) -> tuple[NDArray[np.float32], Any, bool, bool, dict[str, Any]]:
        """Apply the configuration that `action` encodes and advance by one interval.

        Raises:
            InputError: the action is malformed or out of range, or the episode is over or has not begun.
        """
        if not 0 < len(self.history) < self.scenario.windows:
            raise InputError("the episode is over or has not begun: call reset() before step()")
        previous = self.history[-1].configuration
        records = self.codec.decode_records(action)
        self._asked = configuration_of(records[0], self.codec.pipeline), records
        self.cluster.apply(self._asked[0])
        window = self.cluster.advance(self.scenario.interval_s)
        self.history.append(window)
        self._show()
        terms = self._rewards.of_window(window, previous)
        observation, info = self._shown(window, terms)
        return observation, self._rule.of_one(terms), False, len(self.history) >= self.scenario.windows, info

    def fork(self) -> "ServingEnv":
        """A second environment in the same state, independent from now on and without a live display.

        Raises:
            InputError: the cluster is not simulated.
        """
        if not isinstance(self.cluster, Simulator):
            raise InputError(f"{type(self.cluster).__name__} cannot be forked: only simulated clusters can")
        mode = None if self.render_mode == "human" else self.render_mode
        twin = ServingEnv(self.scenario, self.cluster.fork(), mode, options=self.options)
        twin._own, twin.history, twin._builder = self._own, list(self.history), deepcopy(self._builder)
        if self.history:
            twin._feed, twin._seen = copy(self._feed), self._seen
        twin.np_random = deepcopy(self.np_random)
        return twin

    def render(self) -> Any:
        """The last window as text (ansi), the episode so far as a picture (rgb_array), or None (human): there `reset`
        and `step` update the display.

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
        """Release the cluster, and close the display of render mode `human`."""
        if self._view is not None:
            self._view.close()
        self.cluster.close()

    def _show(self) -> None:
        if self._view is not None and self.render_mode == "human":
            self._view.show(self.history)

    def _change_to(self, episode: EpisodeOptions) -> None:
        """Change to the scenario of the episode."""
        if not episode.is_other_scenario and self.scenario is self._own:
            return
        if not isinstance(self.cluster, Simulator):
            raise InputError(f"{type(self.cluster).__name__} has its own load: leave workload and slo_s out of options")
        scenario = scenario_of(self._own, self.options, episode)
        self._stand_on(scenario, type(self.cluster)(scenario))  # type: ignore[call-arg]  # as all simulators

    def _shown(self, window: Window, terms: RewardTerms[float]) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """The observation and the info after a window."""
        configurations = self._records(window)
        seen_window = self._feed.see(window)
        truth = self._figures(window)
        self._seen = seen = truth if seen_window is window else _of_window(seen_window, records_of(seen_window))
        self._builder.see(ALONE, seen, np.array([self._feed.age]))
        observation = self._builder.observations(seen, configurations)[0]
        info = info_of_one(truth, seen, configurations, terms) if self.options.with_info else {}
        return observation, info

    def _records(self, window: Window) -> Deployments:
        """The configuration in force as records, shape (1, stages, max_deployments)."""
        if self._asked is not None and self._asked[0] is window.configuration:
            return self._asked[1]
        width = self.scenario.limits.max_deployments
        return deployments_of(window.configuration, self.scenario.pipeline, width)[np.newaxis]

    def _figures(self, window: Window) -> Figures:
        """The window as records; the compiled engine already has them."""
        records = self.cluster.records if isinstance(self.cluster, CompiledCluster) else records_of(window)
        return _of_window(window, records)


def _of_window(window: Window, records: tuple[Records, Records]) -> Figures:
    return Figures(*records, window.arrivals_per_s[np.newaxis])


def make_env(
    name: str,
    workload: str | Workload | Sequence[float] | None = None,
    *,
    backend: str = "compiled",
    render_mode: str | None = None,
    trace: str | Path | None = None,
    **settings: Any,
) -> ServingEnv:
    """The environment of the registered ids. `backend` is one of `ipagym.cluster.backends`: a simulation engine
    (compiled or simpy) or a live backend.

    `settings` are those of `ipagym.envs.options.EnvOptions` and of `ipagym.envs.make_scenario`.

    Raises:
        InputError: a setting is unknown, or its value cannot be used.
    """
    arguments = Arguments.of(name, workload, trace, settings)
    check_able(arguments.scenario, backend)
    cluster = named_backend(backend).make(arguments.scenario)
    return ServingEnv(arguments.scenario, cluster, render_mode, options=arguments.options)


make_env.metadata = ServingEnv.metadata  # type: ignore[attr-defined]  # gym.make reads render modes from it
