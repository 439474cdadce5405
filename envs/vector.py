"""Many environments of one scenario in one call."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import logger
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from ipagym.cluster.sim.compiled import Population
from ipagym.envs.codec import Codec, as_array
from ipagym.envs.feeds import Feeds, Seen
from ipagym.envs.observation import Observer
from ipagym.envs.rendering.episode import EpisodeSoFar
from ipagym.envs.rendering.many import ManyView, checked_numbers
from ipagym.envs.rendering.view import FPS, FRAME_MODES, check_mode
from ipagym.envs.scenarios import make_scenario
from ipagym.model.deployments import deployments_of
from ipagym.system.errors import InputError
from ipagym.task.objective import RewardTerms
from ipagym.task.reward import TERMS, Rewards
from ipagym.task.scenario import Scenario
from ipagym.workload import Workload

Observations = NDArray[np.float32]

MAX_ENVS = 65_536
"""Each takes some 200 kB of memory."""


class ServingVectorEnv(VectorEnv[Any, Any, Any]):
    """`num_envs` serving environments, simulated side by side on all cores.

    Observations, rewards and episodes are those of as many `ServingEnv`s under the same seeds and actions. `autoreset`
    is when an environment whose episode is over begins the next: with the next step (Gymnasium's default), which then
    ignores its action, or within the same one; the last observation is in `info["final_obs"]` then. `info` holds the
    figures of the windows and the terms of the rewards as arrays.

    With a `render_mode` the windows of all environments, or of those numbered in `rendered`, are kept for `render`.
    """

    def __init__(
        self,
        scenario: Scenario,
        num_envs: int,
        *,
        autoreset: AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        rendered: Sequence[int] | None = None,
    ) -> None:
        if not isinstance(num_envs, int) or not 1 <= num_envs <= MAX_ENVS:
            raise InputError(f"num_envs must be a whole number in 1..{MAX_ENVS}, not {num_envs}")
        if autoreset not in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
            raise InputError(f"autoreset must be NEXT_STEP or SAME_STEP, not {autoreset}")
        self.scenario = scenario
        self.num_envs = num_envs
        check_mode(render_mode, FRAME_MODES)
        self.metadata = {"autoreset_mode": autoreset, "render_modes": list(FRAME_MODES), "render_fps": FPS}
        self.render_mode = render_mode
        chosen = checked_numbers(rendered, num_envs)
        self._view = None if render_mode is None else ManyView(render_mode, scenario, chosen)
        self.codec = Codec(scenario.pipeline, scenario.limits)
        self.observer = Observer(scenario.pipeline, scenario.limits)
        self.single_action_space, self.single_observation_space = self.codec.space(), self.observer.space()
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.population = Population(scenario, num_envs)
        self._same_step = autoreset is AutoresetMode.SAME_STEP
        self._everyone = np.arange(num_envs)
        self._seeders: list[np.random.Generator | int | None] = [None] * num_envs
        self._initial = deployments_of(scenario.initial, scenario.pipeline, scenario.limits.max_deployments)
        self._records = np.tile(self._initial, (num_envs, 1, 1))
        self._rewards = Rewards(scenario.pipeline, scenario.limits.max_deployments)
        self._windows = np.zeros(num_envs, dtype=np.int64)
        self._is_over = np.zeros(num_envs, dtype=np.bool_)
        self._feeds = Feeds(scenario, Seen(*self.population.last_windows()))

    @property
    def observation_names(self) -> tuple[str, ...]:
        """Name of each entry of an observation."""
        return self.observer.names

    def action_masks(self) -> NDArray[np.bool_]:
        """Flags of the values that may be chosen, shape (num_envs, sum of the dimensions' sizes)."""
        return np.tile(self.codec.masks(), (self.num_envs, 1))

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin episodes: environment i with seed + i, or with the i-th of several seeds.

        With `options={"reset_mask": mask}` only the environments where the mask, shape (num_envs,), is true begin one.

        Raises:
            InputError: the seed or the mask is malformed.
        """
        seeds = self._seeds(seed)
        which = self._everyone[_mask(options, self.num_envs)]
        if len(which) < self.num_envs and not self._windows.all():
            raise InputError("the first reset must be of all environments: leave reset_mask out")
        self._begin(which, [seeds[k] for k in which.tolist()])
        self._is_over[which] = False
        self.population.advance(which, self.scenario.interval_s)
        self._look(which)
        return self._observe(), {}

    def pass_over(self, episodes: int) -> None:
        """Draw the seeds of so many episodes in every environment, without running them."""
        for _ in range(episodes):
            for k in range(self.num_envs):
                self._next_seed(k, None)

    def step(
        self, actions: ArrayLike
    ) -> tuple[Observations, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Let one interval pass in every environment.

        Raises:
            InputError: an action is malformed or out of range, or `reset` was never called.
        """
        if not self._windows.all():
            raise InputError("the episodes are not begun: call reset() before step()")
        chosen = self.codec.checked(actions, self.num_envs)
        resting, acting = self._everyone[self._is_over], self._everyone[~self._is_over]
        previous = self._records.copy()
        self._begin(resting, [None] * len(resting))
        self._records[acting] = self.codec.records(chosen[acting])
        self.population.decide(acting, self.population.models.asks_of(self._records[acting]))
        self.population.advance(self._everyone, self.scenario.interval_s)
        self._windows[acting] += 1
        self._look(self._everyone)
        terms = self._rewards.of_windows(self.population.window_records, previous, self._records)
        rewards = np.where(self._is_over, 0.0, self.scenario.objective.scalar(terms))
        truncated = self._windows >= self.scenario.windows
        info = self._info(terms, ~self._is_over)
        self._is_over = truncated.copy()
        observations = self._observe()
        if self._same_step and truncated.any():
            observations, info = self._begin_anew(observations, info)
        return observations, rewards, np.zeros(self.num_envs, dtype=np.bool_), truncated, info

    def render(self) -> tuple[Any, ...] | None:
        """A frame for each of the environments, or of those chosen to be rendered.

        That is its last window as text (ansi), or its episode so far as a picture (rgb_array).

        Raises:
            InputError: `reset` was never called.
        """
        if self._view is None:
            logger.warn("render() does nothing without a render_mode: pass one to gym.make_vec()")
            return None
        if not self._windows.all():
            raise InputError("nothing to render yet: call reset() first")
        return self._view.frames()

    def _begin_anew(self, observations: Observations, info: dict[str, Any]) -> tuple[Observations, dict[str, Any]]:
        """Reset the environments whose episodes are over; their last observations go to the info."""
        over = self._everyone[self._is_over]
        final = np.full(self.num_envs, None, dtype=object)
        for k in over.tolist():
            final[k] = observations[k]
        info |= {"final_obs": final, "_final_obs": self._is_over.copy()}
        self._begin(over, [None] * len(over))
        self.population.advance(over, self.scenario.interval_s)
        self._look(over)
        self._is_over[:] = False
        return self._observe(), info

    def _begin(self, which: NDArray[np.int64], seeds: list[int | None]) -> None:
        """Reset the clusters, short of the warm-up window."""
        if not len(which):
            return
        drawn = [self._next_seed(k, seed) for k, seed in zip(which.tolist(), seeds, strict=True)]
        self.population.reset(which, drawn)
        self._records[which] = self._initial
        self._windows[which] = 1

    def _next_seed(self, k: int, seed: int | None) -> int:
        """The seed given; without one, the next of the environment's own generator, as Gymnasium has it."""
        if seed is not None:
            self._seeders[k] = seed
            return seed
        seeder = self._seeders[k]
        if not isinstance(seeder, np.random.Generator):
            seeder = self._seeders[k] = seeding.np_random(seeder)[0]
        return int(seeder.integers(2**31))

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None or isinstance(seed, int | np.integer):
            seeds = [None if seed is None else int(seed) + i for i in range(self.num_envs)]
        else:
            seeds = as_array(seed, "seed").tolist() if isinstance(seed, Sequence | np.ndarray) else []
        seeds = seeds if isinstance(seeds, list) else [seeds]
        right = all(each is None or (isinstance(each, int | np.integer) and each >= 0) for each in seeds)
        if len(seeds) != self.num_envs or not right:
            raise InputError(f"seed must be a whole number of 0 or more, or {self.num_envs} of them, not {seed!r}")
        return [None if each is None else int(each) for each in seeds]

    def _look(self, which: NDArray[np.int64]) -> None:
        """Take note of the last windows, as far as their figures reach the controllers."""
        self._feeds.see(which, self._windows[which] - 1, Seen(*self.population.last_windows()), self.population.scraped)
        if self._view is not None:
            last = EpisodeSoFar(self.population.window_records, self.population.stage_records, self._records)
            self._view.see(which, self._windows - 1, last)

    def _observe(self) -> Observations:
        seen = self._feeds.seen
        return self.observer.observe_all(seen.window_records, seen.stages, (seen.arrivals_per_s, self._records))

    def _info(self, terms: RewardTerms[NDArray[np.float64]], is_told: NDArray[np.bool_]) -> dict[str, Any]:
        windows = self.population.window_records
        window = {name: windows[name].copy() for name in windows.dtype.names or ()}
        return {
            "window": window,
            "_window": is_told,
            "reward_terms": {name: getattr(terms, name) for name in TERMS},
            "_reward_terms": is_told,
        }


def make_vector_env(
    num_envs: int,
    name: str,
    workload: str | Workload | Sequence[float] | None = None,
    *,
    autoreset: AutoresetMode = AutoresetMode.NEXT_STEP,
    render_mode: str | None = None,
    rendered: Sequence[int] | None = None,
    trace: str | Path | None = None,
    **settings: Any,
) -> ServingVectorEnv:
    """The vector environment behind the registered ids; `settings` go to `ipagym.envs.make_scenario`."""
    scenario = make_scenario(name, workload, trace=trace, **settings)
    return ServingVectorEnv(scenario, num_envs, autoreset=autoreset, render_mode=render_mode, rendered=rendered)


def _mask(options: dict[str, Any] | None, num_envs: int) -> NDArray[np.bool_]:
    if options is not None and not isinstance(options, dict):
        raise InputError(f"options must be a dictionary or none, not {options!r}")
    mask = as_array((options or {}).get("reset_mask", np.ones(num_envs, dtype=np.bool_)), "reset_mask")
    if mask.shape != (num_envs,) or mask.dtype != np.bool_ or not mask.any():
        raise InputError(
            f"reset_mask must be {num_envs} booleans, some of them true, not {mask.dtype} of shape {mask.shape}"
        )
    return mask
