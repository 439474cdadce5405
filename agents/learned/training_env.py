"""The environments of a training run for stable-baselines3: staggered, normalised, on training seeds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from ipagym.agents.learned.algorithms.action_forms import LearnerActions, by_head
from ipagym.agents.learned.preferences import CommonScale, draw_weights
from ipagym.agents.learned.running_moments import RunningMoments, normalised
from ipagym.envs.sb3 import OneObjectVecEnv
from ipagym.envs.wrappers.views import VectorLearnerView
from ipagym.task.splits import TRAIN

GROUPS = 6
"""Groups of environments. Their first episodes are cut short at different times, so that every rollout has windows from
all parts of the load.
"""

MOST_SCALED = 10.0

Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """The settings of a run's episodes and rewards."""

    seed: int
    gamma: float
    reward_floor: float


def episode_seed(seed: int, env: int, episode: int) -> int:
    """The seed of an episode of an environment: a training seed, and a function of these numbers alone."""
    state = int(np.random.SeedSequence((seed, env, episode)).generate_state(1, np.uint64)[0])
    return TRAIN.first + state % (TRAIN.end - TRAIN.first)


class TrainingVecEnv(OneObjectVecEnv[VectorLearnerView]):
    """Adapter for stable-baselines3 of a view of a native vector environment without autoreset.

    Observations are normalised by `moments`, rewards by the standard deviation of the discounted returns in
    `return_moments`; both are updated with every step. If the view has preferences, the weights of every episode are
    drawn by its seed, and `common` first makes rewards comparable. The returns in `info["episode"]` are the
    environment's own. Actions have the learner's form for the values of `heads`.
    """

    def __init__(
        self,
        env: VectorLearnerView,
        course: Course,
        form: Callable[[tuple[int, ...]], LearnerActions] = by_head,
    ) -> None:
        self.env, self.course = env, course
        self.heads: tuple[int, ...] = tuple(env.view.action_space.nvec.tolist())
        self._form = form(self.heads)
        number, heads = env.num_envs, len(self.heads)
        self.episode_steps = env.serving.scenario.windows - 1
        self.moments = RunningMoments(env.single_observation_space.shape[0])  # type: ignore[index]
        self.return_moments = RunningMoments(1)
        self.common = CommonScale() if env.settings.preferences else None
        self.discounted = np.zeros(number)
        self.returns = np.zeros(number)
        self.episodes = np.zeros(number, dtype=np.int64)
        self.steps = np.zeros(number, dtype=np.int64)
        self.taken = np.zeros((number, self.episode_steps, heads), dtype=np.int64)
        super().__init__(number, env.single_observation_space, self._form.space)

    def reset(self) -> NDArray[np.float32]:
        """Begin the first episodes of all environments."""
        self.episodes[:], self.steps[:], self.returns[:], self.discounted[:] = 0, 0, 0.0, 0.0
        shown = self._begin_all()
        self.moments.update(shown)
        return self.normalised(shown)

    @property
    def kept_moments(self) -> dict[str, RunningMoments]:
        """The moments that a checkpoint has to keep, by name."""
        of_terms = {} if self.common is None else {"term": self.common.moments}
        return {"seen": self.moments, "return": self.return_moments, **of_terms}

    def normalised(self, shown: NDArray[np.float32]) -> NDArray[np.float32]:
        """The learner's input for observations of the view."""
        return normalised(shown, self.moments.mean, self.moments.variance)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Store the actions for `step_wait`."""
        self._actions = self._form.values(np.array(actions))

    def step_wait(self) -> VecEnvStepReturn:
        """Advance by one interval; episodes that end restart at once."""
        shown, rewards, _, _, _ = self.env.step(self._actions)
        self.taken[np.arange(self.num_envs), self.steps] = self._actions
        self.steps += 1
        self.returns += rewards
        self.moments.update(shown)
        scaled = self._scaled(rewards)
        observations, over = self.normalised(shown), self.steps >= self._lengths()
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if over.any():
            for k in np.flatnonzero(over).tolist():
                infos[k] = self._last(observations[k], k)
            observations = self._begin(over)
        return observations, scaled, over, infos

    def _scaled(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        floored = self._alike(np.maximum(rewards, self.course.reward_floor))
        self.discounted = self.discounted * self.course.gamma + floored
        self.return_moments.update(self.discounted[:, np.newaxis])
        scaled = floored / np.sqrt(self.return_moments.variance[0] + 1e-8)
        return np.asarray(np.clip(scaled, -MOST_SCALED, MOST_SCALED))

    def _alike(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.common is None:
            return rewards
        assert self.env.serving.terms is not None, "a step was taken"
        self.common.see(self.env.serving.terms)
        return self.common.alike(rewards, self.env)

    def _lengths(self) -> Rows:
        """The steps of the current episodes; the first ones are cut short by group."""
        group = np.arange(self.num_envs) % GROUPS
        short = self.episode_steps * (1 + group) // GROUPS
        return np.where(self.episodes == 0, np.maximum(1, short), self.episode_steps)

    def _last(self, observation: NDArray[np.float32], k: int) -> dict[str, Any]:
        episode = {"r": float(self.returns[k]), "l": int(self.steps[k])}
        return {"terminal_observation": observation, "TimeLimit.truncated": True, "episode": episode}

    def _begin(self, over: NDArray[np.bool_]) -> NDArray[np.float32]:
        self.episodes[over] += 1
        self.steps[over], self.returns[over], self.discounted[over] = 0, 0.0, 0.0
        seeds, which = self._seeds_now(), np.flatnonzero(over)
        draw_weights(self.env, which, [seeds[k] for k in which.tolist()])
        shown, _ = self.env.reset(seed=seeds, options={"reset_mask": over})
        return self.normalised(shown)

    def _begin_all(self) -> NDArray[np.float32]:
        """Begin the current episodes of all environments; returns the view's observations."""
        seeds = self._seeds_now()
        draw_weights(self.env, np.arange(self.num_envs), seeds)
        return np.asarray(self.env.reset(seed=seeds)[0])

    def _seeds_now(self) -> list[int]:
        return [episode_seed(self.course.seed, k, episode) for k, episode in enumerate(self.episodes.tolist())]

    def go_on(self, episodes: Rows, steps: Rows, taken: Rows) -> NDArray[np.float32]:
        """Restore the environments: in these episodes, each after `steps` of the actions `taken`, shape (num_envs,
        episode_steps, heads). Environments with more steps begin earlier. Returns the view's observations.
        """
        self.episodes[:], self.steps[:], self.taken[:] = episodes, steps, taken
        longest, seeds = int(steps.max()), self._seeds_now()
        shown = self._begin_all()
        for ahead in range(longest, 0, -1):
            begins = steps == ahead
            if begins.any() and ahead < longest:
                self.env.reset(seed=seeds, options={"reset_mask": begins})
            shown = self.env.step(taken[np.arange(self.num_envs), np.maximum(0, steps - ahead)])[0]
        if longest and (steps == 0).any():
            shown, _ = self.env.reset(seed=seeds, options={"reset_mask": steps == 0})
        return np.asarray(shown)
