"""Wrappers with other forms of actions, for single environments and native vector environments."""

from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from ipagym.envs.action_forms import Flat, Form, OnScale, Shares, Steps
from ipagym.envs.serving import ServingEnv
from ipagym.envs.vector import ServingVectorEnv
from ipagym.system.errors import InputError

if TYPE_CHECKING:
    OfVector = VectorWrapper[Any, Any, Any]
else:
    OfVector = VectorWrapper  # the class is not generic before Gymnasium 1.3


class ActionOfForm(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An environment with another form of actions."""

    kind: type[Any]

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        if not isinstance(env.unwrapped, ServingEnv):
            raise InputError(
                f"{type(self).__name__} is for environments of ipagym, not for {type(env.unwrapped).__name__}"
            )
        self._serving: ServingEnv = env.unwrapped
        self.form: Form = self.kind(self._serving.codec)
        self.action_space = self.form.space

    def step(self, action: ArrayLike) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take the codec's action for this action.

        Raises:
            InputError: the action is not in the space.
        """
        array = checked_action(action, self.action_space)
        current = self._serving.codec.indices_of(self._serving.deployments)
        return self.env.step(self.form.indices(array[np.newaxis], current)[0])

    def action_masks(self) -> NDArray[np.bool_]:
        """Flags of the feasible actions, shape (actions,), for discrete spaces.

        Raises:
            InputError: the space is not discrete.
        """
        return np.asarray(_masks(self.form, self._serving)[0])


class VectorActionOfForm(OfVector):
    """A native vector environment with another form of actions."""

    kind: type[Any]

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        super().__init__(env)
        if not isinstance(env.unwrapped, ServingVectorEnv):
            raise InputError(f"{type(self).__name__} is for native vector environments: wrap single ones before others")
        self._serving: ServingVectorEnv = env.unwrapped
        self.form: Form = self.kind(self._serving.codec)
        self.single_action_space = self.form.space
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def step(self, actions: ArrayLike) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Take the codec's actions for these actions.

        Raises:
            InputError: an action is not in the space.
        """
        array = checked_action(actions, self.action_space)
        current = self._serving.codec.indices_of(self._serving.deployments)
        return self.env.step(self.form.indices(array, current))

    def action_masks(self) -> NDArray[np.bool_]:
        """Flags of the feasible actions, shape (num_envs, actions), for discrete spaces.

        Raises:
            InputError: the space is not discrete.
        """
        return _masks(self.form, self._serving)


def checked_action(action: ArrayLike, space: gymnasium.Space[Any]) -> NDArray[Any]:
    """The action as an array.

    Raises:
        InputError: it is not in the space.
    """
    array = np.asarray(action)
    fits = array.astype(space.dtype) if array.dtype.kind in "iuf" else array
    if array.shape != space.shape or array.dtype.kind != np.dtype(space.dtype).kind or not space.contains(fits):
        raise InputError(f"action must be of {space}, not {action!r}")
    return np.asarray(fits)


def _masks(form: Form, env: ServingEnv | ServingVectorEnv) -> NDArray[np.bool_]:
    if not isinstance(form, Steps | Flat):
        raise InputError("there are masks only for actions that are one number")
    return form.masks(env.codec.indices_of(env.deployments))


class StepAction(ActionOfForm):
    """`Discrete`: hold, or one knob a step down or up."""

    kind = Steps


class FlatAction(ActionOfForm):
    """`Discrete`: one number for every action, if there are not too many."""

    kind = Flat


class BoxAction(ActionOfForm):
    """`Box`: a number in [−1, 1] for each knob, for learners of continuous actions."""

    kind = OnScale


class ShareAction(ActionOfForm):
    """`MultiDiscrete`: total cores and their shares, for sets of variants under a budget."""

    kind = Shares


class VectorStepAction(VectorActionOfForm):
    """`StepAction` for a native vector environment."""

    kind = Steps


class VectorFlatAction(VectorActionOfForm):
    """`FlatAction` for a native vector environment."""

    kind = Flat


class VectorBoxAction(VectorActionOfForm):
    """`BoxAction` for a native vector environment."""

    kind = OnScale


class VectorShareAction(VectorActionOfForm):
    """`ShareAction` for a native vector environment."""

    kind = Shares
