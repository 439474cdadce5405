"""The state of a training, and resuming from it to the same weights as without the interruption.

A checkpoint is written between an update and the next rollout. The following updates depend on the weights, the
optimiser, the moments of normalisation, and the environments; random generators are seeded again at every rollout
(`callbacks.Chance`). The checkpoint does not hold the memory of the environments, which could not be validated, but
their current episodes and the actions since these began. Running these again leads to the same state in any engine.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm

from ipagym.agents.learned.algorithms.algorithm import Algorithm
from ipagym.agents.learned.checkpoint import Checkpoint, is_like
from ipagym.agents.learned.curve import COLUMNS, Curve
from ipagym.agents.learned.parameters import damaged, restore_parameters
from ipagym.agents.learned.running_moments import RunningMoments
from ipagym.agents.learned.training_env import TrainingVecEnv
from ipagym.system.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """A model of an algorithm and its environments."""

    algorithm: Algorithm
    model: BaseAlgorithm
    env: TrainingVecEnv


def progress_of(learner: Learner, curve: Curve) -> dict[str, torch.Tensor]:
    """The content of a checkpoint beside the parameters, as tensors by name."""
    model, env = learner.model, learner.env
    returns = [episode["r"] for episode in model.ep_info_buffer or ()]
    arrays = (
        _state_of(env)
        | learner.algorithm.state(model)
        | {
            "observations": np.array(model._last_obs),
            "returns": np.array(returns, dtype=np.float64),
            "curve": np.array(curve.rows, dtype=np.float64).reshape(-1, COLUMNS),
            "updates": np.array([model._n_updates]),
        }
    )
    return {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}


def _state_of(env: TrainingVecEnv) -> dict[str, NDArray[Any]]:
    state = {
        "episodes": env.episodes,
        "steps": env.steps,
        "actions": env.taken[:, : int(env.steps.max(initial=0))],
        "returns_so_far": env.returns,
        "discounted": env.discounted,
    }
    for name, moments in env.kept_moments.items():
        state |= {f"{name}_mean": moments.mean, f"{name}_variance": moments.variance, f"{name}_count": _one(moments)}
    return state


def _one(moments: RunningMoments) -> NDArray[np.float64]:
    return np.array([moments.count], dtype=np.float64)


def restore(learner: Learner, checkpoint: Checkpoint) -> Curve:
    """Restore the model and its environments from the checkpoint; returns the validations until then.

    Raises:
        InputError: the checkpoint is damaged, or the environments have changed.
    """
    model, env = learner.model, learner.env
    restore_parameters(model, checkpoint.parameters)
    found = _checked(checkpoint.progress, learner)
    if not learner.algorithm.restore(model, found):
        raise damaged("memory")
    observations = _restore_environments(env, found)
    model.num_timesteps = checkpoint.card.steps_done
    model._n_updates = int(found["updates"][0])
    model._last_obs = observations
    model._last_episode_starts = env.steps == 0
    episodes = ({"r": each, "l": env.episode_steps} for each in found["returns"].tolist())
    model.ep_info_buffer = deque(episodes, maxlen=model._stats_window_size)
    model.ep_success_buffer = deque(maxlen=model._stats_window_size)
    return Curve([(row[0], row[1], row[2]) for row in found["curve"].tolist()])


def _checked(progress: Any, learner: Learner) -> dict[str, NDArray[Any]]:
    """The arrays of the progress, checked against the types and shapes of this learner."""
    env = learner.env
    number, width = env.num_envs, env.moments.mean.size
    if not isinstance(progress, dict):
        raise damaged("list of what the environments have been through")
    kinds: dict[str, tuple[torch.dtype, tuple[int | None, ...]]] = {
        name: (torch.from_numpy(array).dtype, array.shape) for name, array in _state_of(env).items()
    }
    for name, array in learner.algorithm.state(learner.model).items():
        kinds[name] = torch.from_numpy(array).dtype, (None, *array.shape[1:])
    kinds |= {
        "actions": (torch.int64, (number, None, env.taken.shape[2])),
        "observations": (torch.float32, (number, width)),
        "returns": (torch.float64, (None,)),
        "curve": (torch.float64, (None, COLUMNS)),
        "updates": (torch.int64, (1,)),
    }
    if set(progress) != set(kinds):
        raise damaged("list of what the environments have been through")
    found = {name: _whole(name, progress[name], *kind) for name, kind in kinds.items()}
    _check_episodes(found, env)
    return found


def _check_episodes(found: dict[str, NDArray[Any]], env: TrainingVecEnv) -> None:
    steps, episodes, actions = found["steps"], found["episodes"], found["actions"]
    if (steps < 0).any() or (episodes < 0).any() or steps.max() != actions.shape[1] or steps.max() >= env.episode_steps:
        raise damaged("place in the episodes")
    if (actions < 0).any() or (actions >= np.array(env.heads)).any():
        raise damaged("actions")
    if min(found[f"{name}_variance"].min() for name in env.kept_moments) < 0:
        raise damaged("moments")


def _restore_environments(env: TrainingVecEnv, found: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
    """Run the actions of the current episodes again."""
    taken = np.zeros_like(env.taken)
    taken[:, : found["actions"].shape[1]] = found["actions"]
    shown = env.go_on(found["episodes"], found["steps"], taken)
    env.returns[:], env.discounted[:] = found["returns_so_far"], found["discounted"]
    for name, moments in env.kept_moments.items():
        moments.mean, moments.variance = found[f"{name}_mean"], found[f"{name}_variance"]
        moments.count = float(found[f"{name}_count"][0])
    if not np.array_equal(env.normalised(shown), found["observations"]):
        raise InputError(
            "the environments are not what they were when the checkpoint was written: ipagym, the scenario or the "
            "trace has changed, or the checkpoint is damaged; train anew with another --out"
        )
    return found["observations"]


def _whole(what: str, found: Any, dtype: torch.dtype, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """A tensor of a checkpoint as an array, after a check of its type and shape (None: any length)."""
    if isinstance(found, torch.Tensor) and found.ndim == len(shape):
        sizes = [length if wanted is None else wanted for length, wanted in zip(found.shape, shape, strict=True)]
        if is_like(found, torch.zeros((), dtype=dtype).expand(sizes)):
            return np.asarray(found.numpy())
    raise damaged(what)
