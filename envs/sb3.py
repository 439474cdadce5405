"""The vector environment for stable-baselines3. Needs the `rl` extra."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from ipagym.envs.vector import ServingVectorEnv
from ipagym.system.errors import InputError
from ipagym.task.objective import RewardTerms

Many = TypeVar("Many", bound=VectorEnv[Any, Any, Any])


class OneObjectVecEnv(VecEnv, Generic[Many]):
    """stable-baselines3's interface for environments that are one object: `env`, a vector environment."""

    env: Many

    def close(self) -> None:
        """Release the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the vector environment, once for each index."""
        return [getattr(self._holder_of(attr_name), attr_name)] * len(self._chosen(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Environments that are one object have no attributes of their own."""
        raise InputError(f"{attr_name} cannot be set: the environments of a vector environment share their attributes")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """The rows of the result of a method of the vector environment, such as `action_masks`."""
        result = getattr(self._holder_of(method_name), method_name)(*args, **kwargs)
        return [result[k] for k in self._chosen(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """True for `Monitor` only, as this class also records episodes."""
        return [wrapper_class is Monitor] * len(self._chosen(indices))

    def _holder_of(self, name: str) -> Any:
        """The outermost wrapper, or the environment itself, that has an attribute."""
        env: Any = self.env
        while not hasattr(env, name) and isinstance(env, VectorWrapper):
            env = env.env
        return env

    def _chosen(self, indices: Any) -> Sequence[int]:
        chosen: Sequence[int] = list(self._get_indices(indices))
        return chosen


class ServingVecEnv(OneObjectVecEnv[VectorEnv[Any, Any, Any]]):
    """Adapter of a `ServingVectorEnv` for stable-baselines3, as in `PPO("MlpPolicy", ServingVecEnv(...))`.

    The vector environment may be wrapped (`ipagym.envs.wrappers`); its autoreset mode must be SAME_STEP. Rewards are
    multiplied by `reward_scale`; the returns in `info["episode"]` are not. `terms` are the reward vectors of the last
    step, each term of shape (num_envs,). All episodes begin and end together.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], *, reward_scale: float = 1.0) -> None:
        if not isinstance(env.unwrapped, ServingVectorEnv):
            kind = type(env.unwrapped).__name__
            raise InputError(f"ServingVecEnv is for native vector environments of ipagym, not for {kind}")
        if env.metadata["autoreset_mode"] is not AutoresetMode.SAME_STEP:
            raise InputError("stable-baselines3 needs autoreset_mode='SAME_STEP'")
        self.env = env
        self._serving: ServingVectorEnv = env.unwrapped
        self.reward_scale = reward_scale
        self.terms: RewardTerms[NDArray[np.float64]] | None = None
        self._returns = np.zeros(env.num_envs)
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    @property
    def episode_steps(self) -> int:
        """Steps of an episode; its first window passes with the reset."""
        return self._serving.scenario.windows - 1

    def reset(self) -> NDArray[np.float32]:
        """Begin all episodes, with the seeds set by `seed`."""
        observations, _ = self.env.reset(seed=self._seeds)  # type: ignore[arg-type]  # ours takes one for each
        self._returns[:] = 0.0
        self._reset_seeds()
        self._reset_options()
        return np.asarray(observations)

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Store the actions for `step_wait`."""
        self._actions = np.array(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Advance by one interval; episodes that end restart at once."""
        observations, rewards, _, truncated, info = self.env.step(self._actions)
        self.terms = self._serving.terms
        self._returns += rewards
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for k in np.flatnonzero(truncated).tolist():
            infos[k] = {
                "terminal_observation": info["final_obs"][k],
                "TimeLimit.truncated": True,
                "episode": {"r": float(self._returns[k]), "l": self.episode_steps},
            }
        self._returns[truncated] = 0.0
        return observations, self.reward_scale * rewards, truncated, infos
