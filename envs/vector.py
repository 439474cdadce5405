"""Many environments of one scenario in one call."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import logger
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from ipagym.cluster.sim.compiled import Population
from ipagym.envs.arguments import Arguments
from ipagym.envs.codec import Codec
from ipagym.envs.episode_seeds import EpisodeSeeds, seeds_of_all
from ipagym.envs.feeds import Feeds, Figures
from ipagym.envs.info import info_of_many, info_of_some
from ipagym.envs.masks import Masks
from ipagym.envs.observation_builder import ObservationBuilder
from ipagym.envs.one_by_one import OneByOne
from ipagym.envs.options import EnvOptions, EpisodeOptions, checked_range, episode_options, scenario_of
from ipagym.envs.reference_returns import Reference, reference_of
from ipagym.envs.rendering.episode import EpisodeSoFar
from ipagym.envs.rendering.many import ManyView, checked_numbers
from ipagym.envs.rendering.view import FPS, FRAME_MODES, check_mode
from ipagym.envs.rewards import RewardRule
from ipagym.envs.specification import with_steps
from ipagym.envs.vector_options import autoreset_mode, most_steps, reset_mask
from ipagym.model.deployments import Deployments, deployments_of
from ipagym.system.errors import InputError
from ipagym.task.objective import RewardTerms
from ipagym.task.reward import Rewards
from ipagym.task.scenario import Scenario
from ipagym.workload import Workload

Observations = NDArray[np.float32]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

MAX_ENVS = 65_536
"""Maximum number of environments; each takes about 200 kB of memory."""


class ServingVectorEnv(VectorEnv[Any, Any, Any]):
    """`num_envs` serving environments, simulated in parallel on all cores.

    Observations, rewards, episodes and info equal those of `num_envs` `ServingEnv`s in Gymnasium's `SyncVectorEnv`
    under the same seeds and actions. `terms` are the terms of the last step's rewards, each of shape (num_envs,).

    `autoreset` says when an environment begins its next episode: with the next step (Gymnasium's default), which then
    ignores its action; within the same step, with the last observation and info in `info["final_obs"]` and
    `info["final_info"]`; or when `reset` is called with a mask. Episodes end after `max_episode_steps`, or with the
    workload. With a `render_mode`, the windows of all environments, or of those numbered in `rendered`, are kept for
    `render`. Without `population`, the compiled engine simulates all environments at once.
    """

    def __init__(
        self,
        scenario: Scenario,
        num_envs: int,
        *,
        autoreset: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        rendered: Sequence[int] | None = None,
        population: Population | OneByOne | None = None,
        options: EnvOptions | None = None,
    ) -> None:
        if not isinstance(num_envs, int) or not 1 <= num_envs <= MAX_ENVS:
            raise InputError(f"num_envs must be a whole number in 1..{MAX_ENVS}, not {num_envs}")
        check_mode(render_mode, FRAME_MODES)
        mode = autoreset_mode(autoreset)
        self.options = options or EnvOptions()
        self.num_envs = num_envs
        self.metadata = {"autoreset_mode": mode, "render_modes": list(FRAME_MODES), "render_fps": FPS}
        self.render_mode = render_mode
        self._rendered = checked_numbers(rendered, num_envs)
        self.codec = Codec(scenario.pipeline, scenario.limits)
        self.masks = Masks(self.codec)
        self.terms: RewardTerms[Values] | None = None
        self.autoreset_mode, self._own, self._most_steps = mode, scenario, most_steps(max_episode_steps)
        self._spec: EnvSpec | None = None
        self._everyone = np.arange(num_envs)
        self._seeds = EpisodeSeeds(num_envs, checked_range(self.options.seed_range))
        self._stand_on(scenario, population or Population(scenario, num_envs))
        self.single_action_space, self.single_observation_space = self.codec.space(), self._builder.space()
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        if self._rule.space is not None:
            self.reward_space, self.reward_dim = self._rule.space, self._rule.space.shape[0]

    def _stand_on(self, scenario: Scenario, population: Population | OneByOne) -> None:
        """Use this scenario and population from now on; no episode has begun."""
        self.scenario = scenario
        self.population = population
        self._view = None if self.render_mode is None else ManyView(self.render_mode, scenario, self._rendered)
        self._last = scenario.windows if self._most_steps is None else min(scenario.windows, self._most_steps + 1)
        self._initial = deployments_of(scenario.initial, scenario.pipeline, scenario.limits.max_deployments)
        self._records = np.tile(self._initial, (self.num_envs, 1, 1))
        self._previous = self._records
        self._builder = ObservationBuilder(scenario, self.options, self.num_envs)
        self._rewards = Rewards(scenario.pipeline, scenario.limits.max_deployments)
        self._rule = RewardRule(self.options.reward, scenario, self.options.reward_terms, self.options.name)
        self._windows = np.zeros(self.num_envs, dtype=np.int64)
        self._is_over = np.zeros(self.num_envs, dtype=np.bool_)
        self._feeds = Feeds(scenario, Figures(*population.last_windows()))

    @property
    def spec(self) -> EnvSpec | None:
        """The specification it was made from, with the number of steps of an episode."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = with_steps(spec, self.scenario)

    @property
    def observation_names(self) -> tuple[str, ...]:
        """Name of each entry of an observation."""
        return self._builder.names

    @property
    def deployments(self) -> Deployments:
        """The configurations in force, records `ipagym.model.deployments` of shape (num_envs, stages, max_deployments).

        If the episode of an environment is over, it is the initial configuration of the next episode.
        """
        is_over = self._is_over[:, np.newaxis, np.newaxis]
        return np.where(is_over, self._initial, self._records)

    @property
    def seen(self) -> Figures:
        """The last windows that have reached the controllers, a row for each environment."""
        return self._feeds.seen

    @property
    def reference_returns(self) -> Reference | None:
        """Returns of reference agents on this scenario; None if it is not an unchanged scenario of the package."""
        return reference_of(self.options.name, self._own)

    def action_masks(self) -> Flags:
        """Flags of the feasible values, shape (num_envs, sum of the dimensions' sizes)."""
        return np.tile(self.masks.after(()), (self.num_envs, 1))

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin episodes: environment i with seed + i, or with the i-th of several seeds.

        With `options={"reset_mask": mask}`, only environments where the mask, shape (num_envs,), is true begin an
        episode. The other options are those of `ServingEnv.reset`; `workload` and `slo_s` change all environments at
        once.

        Raises:
            InputError: the seed, the mask or an option cannot be used.
        """
        seeds = seeds_of_all(seed, self.num_envs)
        flags, rest = reset_mask(options, self.num_envs)
        episode = episode_options(rest)
        which = self._everyone[flags]
        self._change_to(episode, are_all=len(which) == self.num_envs)
        self._begin(which, [seeds[k] for k in which.tolist()], checked_range(episode.seed_range))
        self._is_over[which] = False
        self.population.advance(which, self.scenario.interval_s)
        self._look(which)
        self._previous = self._records
        return self._observe(), self._info(self._terms(), flags)

    def step(self, actions: ArrayLike) -> tuple[Observations, Values, Flags, Flags, dict[str, Any]]:
        """Advance every environment by one interval.

        Raises:
            InputError: an action is malformed or out of range, or an environment has to be reset first.
        """
        if not self._windows.all():
            raise InputError("the episodes have not begun: call reset() before step()")
        chosen = self.codec.checked(actions, self.num_envs)
        resting, acting = self._everyone[self._is_over], self._everyone[~self._is_over]
        self._wake(resting)
        self._previous = self._records.copy()
        self._records[acting] = self.codec.records(chosen[acting])
        self.population.apply(acting, self._records[acting])
        self.population.advance(self._everyone, self.scenario.interval_s)
        self._windows[acting] += 1
        self._look(self._everyone)
        self.terms = terms = self._terms()
        rewards = self._rule.of_many(terms)
        rewards[resting] = 0.0
        self._is_over = self._windows >= self._last
        truncated = self._is_over.copy()
        observations = self._observe()
        info = self._info(terms, np.ones(self.num_envs, dtype=np.bool_))
        if self.autoreset_mode is AutoresetMode.SAME_STEP and truncated.any():
            observations, info = self._begin_anew(observations, info)
        return observations, rewards, np.zeros(self.num_envs, dtype=np.bool_), truncated, info

    def render(self) -> tuple[Any, ...] | None:
        """A frame for each environment in `rendered`, by default all: its last window as text (ansi), or its episode so
        far as a picture (rgb_array).

        Raises:
            InputError: `reset` was never called.
        """
        if self._view is None:
            logger.warn("render() does nothing without a render_mode: pass one to gym.make_vec()")
            return None
        if not self._windows.all():
            raise InputError("nothing to render yet: call reset() first")
        return self._view.frames()

    def _wake(self, resting: NDArray[np.int64]) -> None:
        """Begin the next episode of the environments whose episode is over."""
        if not len(resting):
            return
        if self.autoreset_mode is AutoresetMode.DISABLED:
            raise InputError(f"the episodes of environments {resting.tolist()} are over: reset them with a reset_mask")
        self._come_home()
        self._begin(resting, [None] * len(resting))

    def _begin_anew(self, observations: Observations, info: dict[str, Any]) -> tuple[Observations, dict[str, Any]]:
        """Reset the environments whose episodes are over; their last observations and infos go into the info."""
        flags = self._is_over.copy()
        over = self._everyone[flags]
        final: NDArray[np.object_] = np.full(self.num_envs, None, dtype=object)
        for k in over.tolist():
            final[k] = observations[k]
        last = {"final_obs": final, "final_info": info_of_some(info, flags)}
        self._come_home()
        self._begin(over, [None] * len(over))
        self.population.advance(over, self.scenario.interval_s)
        self._look(over)
        self._is_over[:] = False
        self._previous = np.where(flags[:, np.newaxis, np.newaxis], self._records, self._previous)
        terms = self._terms()
        anew = self._info(terms, np.ones(self.num_envs, dtype=np.bool_))
        return self._observe(), anew | {f"_{key}": flags for key in last} | last

    def close_extras(self, **kwargs: Any) -> None:
        """Release the clusters."""
        self.population.close()

    def _change_to(self, episode: EpisodeOptions, *, are_all: bool) -> None:
        """Change to the scenario of the episode, in all environments."""
        if not are_all:
            if not self._windows.all():
                raise InputError("the first reset must be of all environments: leave reset_mask out")
            if episode.is_other_scenario or self.scenario is not self._own:
                raise InputError("workload and slo_s change all environments at once: reset them without a reset_mask")
        elif episode.is_other_scenario:
            scenario = scenario_of(self._own, self.options, episode)
            self._stand_on(scenario, self.population.again(scenario))
        else:
            self._come_home()

    def _come_home(self) -> None:
        """Return to the environment's own scenario after episodes with another one; these end together."""
        if self.scenario is not self._own:
            self._stand_on(self._own, self.population.again(self._own))

    def _begin(self, which: NDArray[np.int64], seeds: list[int | None], bounds: tuple[int, int] | None = None) -> None:
        """Reset the clusters, without the warm-up window."""
        drawn = [self._seeds.next(k, seed, bounds) for k, seed in zip(which.tolist(), seeds, strict=True)]
        self.population.reset(which, drawn)
        self._feeds.begin(which, drawn)
        self._records[which] = self._initial
        self._windows[which] = 1
        self._builder.begin(which)

    def _look(self, which: NDArray[np.int64]) -> None:
        """Pass on the last windows to the controllers' feeds."""
        last = Figures(*self.population.last_windows())
        self._feeds.see(which, self._windows[which] - 1, last, self.population.scraped)
        self._builder.see(which, self._feeds.seen, self._feeds.ages)
        if self._view is not None:
            episode = EpisodeSoFar(self.population.window_records, self.population.stage_records, self._records)
            self._view.see(which, self._windows - 1, episode)

    def _observe(self) -> Observations:
        return self._builder.observations(self._feeds.seen, self._records)

    def _terms(self) -> RewardTerms[Values]:
        return self._rewards.of_windows(self.population.window_records, self._previous, self._records)

    def _info(self, terms: RewardTerms[Values], told: Flags) -> dict[str, Any]:
        if not self.options.with_info:
            return {}
        truth = Figures(*self.population.last_windows())
        return info_of_some(info_of_many(truth, self._feeds.seen, self._records, terms), told)


def make_vector_env(
    num_envs: int,
    name: str,
    workload: str | Workload | Sequence[float] | None = None,
    *,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    max_episode_steps: int | None = None,
    render_mode: str | None = None,
    rendered: Sequence[int] | None = None,
    backend: str = "compiled",
    trace: str | Path | None = None,
    **settings: Any,
) -> ServingVectorEnv:
    """The vector environment of the registered ids; settings are those of `ipagym.envs.make_env`.

    Raises:
        InputError: a setting is unknown, or its value cannot be used.
    """
    arguments = Arguments.of(name, workload, trace, settings)
    engine = arguments.engine(backend)
    one_by_one = None if backend == "compiled" else OneByOne(engine, arguments.scenario, num_envs)
    return ServingVectorEnv(
        arguments.scenario,
        num_envs,
        autoreset=autoreset_mode,
        max_episode_steps=max_episode_steps,
        render_mode=render_mode,
        rendered=rendered,
        population=one_by_one,
        options=arguments.options,
    )
