"""Wrappers with a learner's view (`ipagym.envs.learners.view`), for single and native vector environments."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from ipagym.envs.learners.planners import PlanProblem
from ipagym.envs.learners.sight import Rows, Sight
from ipagym.envs.learners.view import View, ViewSettings
from ipagym.envs.observation import Observer
from ipagym.envs.serving import ALONE, ServingEnv
from ipagym.envs.vector import ServingVectorEnv
from ipagym.envs.wrappers.actions import OfVector, checked_action
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective

Observations = NDArray[np.float32]


class LearnerView(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An environment of ipagym with the actions and observations of a view."""

    def __init__(self, env: gymnasium.Env[Any, Any], settings: ViewSettings | None = None) -> None:
        super().__init__(env)
        if not isinstance(env.unwrapped, ServingEnv):
            raise InputError(f"{type(self).__name__} is for environments of ipagym, not for {env}")
        self.serving: ServingEnv = env.unwrapped
        _check_plain(env.action_space, env.observation_space, self.serving)
        self.settings = settings or ViewSettings()
        self.view = _view_of(self.serving, 1, self.settings)
        self.action_space, self.observation_space = self.view.action_space, self.view.observation_space
        self.observation_names = self.view.names

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        if self.serving.scenario.pipeline != self.view.pipeline:
            raise InputError(f"{type(self).__name__} plans for one SLO: make the environment with it")
        sight = self._sight(observation)
        self.view.begin(ALONE, sight)
        return self.view.shown(sight.observations)[0], info

    def step(self, action: ArrayLike) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take the codec's action for this action.

        Raises:
            InputError: the action is not in the space.
        """
        array = checked_action(action, self.action_space)
        current = self.serving.codec.indices_of(self.serving.deployments)
        chosen = self.view.indices(array[np.newaxis], current)[0]
        observation, reward, terminated, truncated, info = self.env.step(chosen)
        sight = self._sight(observation)
        self.view.see(ALONE, sight)
        return self.view.shown(sight.observations)[0], reward, terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Flags of the values of each head that are feasible now, one head after the other, shape (values,)."""
        return np.asarray(self.view.masks(self.serving.codec.indices_of(self.serving.deployments))[0])

    def _sight(self, observation: Observations) -> Sight:
        return Sight.of(observation[np.newaxis], self.serving.seen)


class VectorLearnerView(OfVector):
    """`LearnerView` for a native vector environment, in any of its autoreset modes.

    `aim` can set a different objective for each environment.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], settings: ViewSettings | None = None) -> None:
        super().__init__(env)
        if not isinstance(env.unwrapped, ServingVectorEnv):
            raise InputError(f"{type(self).__name__} is for native vector environments: wrap single ones before others")
        self.serving: ServingVectorEnv = env.unwrapped
        _check_plain(env.single_action_space, env.single_observation_space, self.serving)
        self._mode = env.metadata["autoreset_mode"]
        if self._mode is AutoresetMode.SAME_STEP and not self.serving.options.with_info:
            raise InputError("a view needs the info with the last observations of episodes: leave with_info true")
        self.settings = settings or ViewSettings()
        self.view = _view_of(self.serving, env.num_envs, self.settings)
        self.single_action_space, self.single_observation_space = self.view.action_space, self.view.observation_space
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.observation_names = self.view.names
        self._everyone = np.arange(env.num_envs)
        self._is_over = np.zeros(env.num_envs, dtype=np.bool_)
        self._is_aimed = False

    def aim(self, which: Rows, objectives: Sequence[Objective]) -> None:
        """Set the objectives of those environments, one each, for their plans and rewards from now on.

        Raises:
            InputError: a weight is outside its range in the preferences, or the reward is not the scalar one.
        """
        if self.serving.options.reward != "scalar":
            raise InputError(
                f"objectives are for the scalar reward, not for {self.serving.options.reward}: leave it out"
            )
        self.view.aim(which, objectives)
        self._is_aimed = True

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin episodes of all environments, or of some with a `reset_mask`."""
        observations, info = self.env.reset(seed=seed, options=options)
        if self.serving.scenario.pipeline != self.view.pipeline:
            raise InputError(f"{type(self).__name__} plans for one SLO: make the environment with it")
        mask = (options or {}).get("reset_mask")
        which = self._everyone if mask is None else np.flatnonzero(mask)
        self._is_over[which] = False
        self.view.begin(which, self._sight(observations).rows(which))
        return self.view.shown(observations), info

    def step(self, actions: ArrayLike) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Take the codec's actions for these actions.

        Raises:
            InputError: an action is not in the space.
        """
        array = checked_action(actions, self.action_space)
        current = self.serving.codec.indices_of(self.serving.deployments)
        observations, rewards, terminated, truncated, info = self.env.step(self.view.indices(array, current))
        if self._is_aimed:
            assert self.serving.terms is not None, "a step was taken"
            rewards = np.where(self._is_over, 0.0, self.view.rewards(self.serving.terms))
        sight, anew = self._sight(observations), np.flatnonzero(self._is_over)
        if self._mode is AutoresetMode.SAME_STEP:
            anew = np.flatnonzero(truncated)
            info = self._with_last(info, anew, sight)
        else:
            self._is_over = truncated.copy()
        going_on = np.setdiff1d(self._everyone, anew) if len(anew) else self._everyone
        self.view.see(going_on, sight.rows(going_on))
        if len(anew):
            self.view.begin(anew, sight.rows(anew))
        return self.view.shown(observations), rewards, terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Flags of the values of each head that are feasible now, shape (num_envs, values)."""
        return self.view.masks(self.serving.codec.indices_of(self.serving.deployments))

    def _with_last(self, info: dict[str, Any], over: Rows, sight: Sight) -> dict[str, Any]:
        """The info, with the last observations of finished episodes in the form of the view."""
        if not len(over):
            return info
        seen, last = info["final_info"]["seen"], sight.observations.copy()
        last[over] = np.stack([info["final_obs"][k] for k in over])
        self.view.see(over, Sight(last[over], seen["arrivals_per_s"][over], seen["network_max_s"][over]))
        shown, final = self.view.shown(last), info["final_obs"].copy()
        for k in over.tolist():
            final[k] = shown[k]
        return info | {"final_obs": final}

    def _sight(self, observations: Observations) -> Sight:
        return Sight.of(observations, self.serving.seen)


class PlanAction(LearnerView):
    """Edits of an optimiser's plan as actions; observations are unchanged."""

    def __init__(self, env: gymnasium.Env[Any, Any], **settings: Any) -> None:
        super().__init__(env, _only(settings, observation="plain"))


class VectorPlanAction(VectorLearnerView):
    """`PlanAction` for a native vector environment."""

    def __init__(self, env: VectorEnv[Any, Any, Any], **settings: Any) -> None:
        super().__init__(env, _only(settings, observation="plain"))


class RichObservation(LearnerView):
    """Rich observations; actions are unchanged."""

    def __init__(self, env: gymnasium.Env[Any, Any], **settings: Any) -> None:
        super().__init__(env, _only(settings, action="knobs"))


class VectorRichObservation(VectorLearnerView):
    """`RichObservation` for a native vector environment."""

    def __init__(self, env: VectorEnv[Any, Any, Any], **settings: Any) -> None:
        super().__init__(env, _only(settings, action="knobs"))


def _only(settings: dict[str, Any], **fixed: Any) -> ViewSettings:
    """The settings, with some of them fixed.

    Raises:
        InputError: one is unknown.
    """
    try:
        return replace(ViewSettings(**settings), **fixed)
    except TypeError:
        known = ", ".join(name for name in ViewSettings.__dataclass_fields__ if name not in fixed)
        raise InputError(f"settings {', '.join(settings)}: those of this wrapper are {known}") from None


def _check_plain(action_space: Any, observation_space: Any, serving: ServingEnv | ServingVectorEnv) -> None:
    """Refuse environments whose actions or observations already have another form."""
    if action_space != serving.codec.space() or observation_space != Observer.of(serving.scenario).space():
        raise InputError(
            "a view needs the knobs and plain observations, and has its own history: put no other form "
            "inside it, and leave history, elapsed and telemetry_age out"
        )


def _view_of(env: ServingEnv | ServingVectorEnv, rows: int, settings: ViewSettings) -> View:
    return View(rows, PlanProblem.of(env.scenario), Observer.of(env.scenario), settings)
