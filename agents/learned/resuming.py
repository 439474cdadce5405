"""The state of a training, and going on from there to the same weights as without the interruption.

A checkpoint is written between an update and the next rollout. What happens from there on depends on the weights, the
optimiser, what is normalised by, and the environments; chance is begun anew with every rollout (`callbacks.Chance`). Of
the environments it holds no memory, which nobody could check, but which episodes they are in and the actions since
these began: run again, they lead to the same state in any engine.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO

from ipagym.agents.learned.checkpoint import Checkpoint, is_like, load_weights
from ipagym.agents.learned.running_moments import RunningMoments
from ipagym.agents.learned.training_env import TrainingVecEnv
from ipagym.system.errors import InputError

CURVE = 3
"""Columns of a learning curve: steps, mean reward in validation, and that of the best so far."""


@dataclass(slots=True)
class Curve:
    """The validations of a run: rows of steps, mean reward and the best reward so far."""

    rows: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, steps: int, reward: float) -> bool:
        """Note a validation; true where it is better than all before it."""
        is_best = not self.rows or reward > self.rows[-1][2]
        self.rows.append((float(steps), reward, reward if is_best else self.rows[-1][2]))
        return is_best

    def since_best(self) -> int:
        """Validations since the best one."""
        rewards = [reward for _, reward, _ in self.rows]
        return len(rewards) - 1 - rewards.index(max(rewards)) if rewards else 0

    def reaches(self, steps: int) -> bool:
        """True where the validation after so many steps is noted."""
        return bool(self.rows) and self.rows[-1][0] >= steps


def progress_of(model: PPO, env: TrainingVecEnv, curve: Curve) -> dict[str, torch.Tensor]:
    """The content of a checkpoint beside the parameters, as tensors by name."""
    returns = [episode["r"] for episode in model.ep_info_buffer or ()]
    arrays = _state_of(env) | {
        "observations": np.array(model._last_obs),
        "returns": np.array(returns, dtype=np.float64),
        "curve": np.array(curve.rows, dtype=np.float64).reshape(-1, CURVE),
        "updates": np.array([model._n_updates]),
    }
    return {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}


def _state_of(env: TrainingVecEnv) -> dict[str, NDArray[Any]]:
    state = {
        "episodes": env.episodes,
        "steps": env.steps,
        "actions": env.taken[:, : int(env.steps.max(initial=0))],
        "returns_so_far": env.returns,
        "discounted": env.discounted,
    }
    for name, moments in (("seen", env.moments), ("return", env.return_moments)):
        state |= {f"{name}_mean": moments.mean, f"{name}_variance": moments.variance, f"{name}_count": _one(moments)}
    return state


def _one(moments: RunningMoments) -> NDArray[np.float64]:
    return np.array([moments.count], dtype=np.float64)


def restore(model: PPO, env: TrainingVecEnv, checkpoint: Checkpoint) -> Curve:
    """Let the model and its environments stand where the checkpoint was written; returns the validations until then.

    Raises:
        InputError: something in the checkpoint is damaged, or the environments are not what they were.
    """
    _restore_parameters(model, checkpoint.parameters)
    found = _checked(checkpoint.progress, env)
    observations = _restore_environments(env, found)
    model.num_timesteps = checkpoint.card.steps_done
    model._n_updates = int(found["updates"][0])
    model._last_obs = observations
    model._last_episode_starts = env.steps == 0
    episodes = ({"r": each, "l": env.episode_steps} for each in found["returns"].tolist())
    model.ep_info_buffer = deque(episodes, maxlen=model._stats_window_size)
    model.ep_success_buffer = deque(maxlen=model._stats_window_size)
    return Curve([(row[0], row[1], row[2]) for row in found["curve"].tolist()])


def _restore_parameters(model: PPO, parameters: Any) -> None:
    if not isinstance(parameters, dict) or set(parameters) != {"policy", "policy.optimizer"}:
        raise _damaged("list of parameters")
    if not load_weights(model.policy, parameters["policy"]):
        raise _damaged("policy")
    optimizer, state = model.policy.optimizer, parameters["policy.optimizer"]
    if not _is_state_of(optimizer, state):
        raise _damaged("optimiser")
    optimizer.load_state_dict(state)


def _is_state_of(optimizer: torch.optim.Optimizer, found: Any) -> bool:
    """True for a state of the optimiser, Adam: before its first step, or with moments for every weight."""
    own = optimizer.state_dict()["param_groups"]
    if not isinstance(found, dict) or set(found) != {"state", "param_groups"} or not isinstance(found["state"], dict):
        return False
    if not _are_groups(found["param_groups"], own):
        return False
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    state = found["state"]
    if not state:
        return True
    steps = {float(each["step"]) if _is_moments(each, weights[k]) else -1.0 for k, each in _numbered(state, weights)}
    return list(state) == list(range(len(weights))) and len(steps) == 1 and min(steps) > 0


def _numbered(state: dict[Any, Any], weights: list[torch.Tensor]) -> list[tuple[int, Any]]:
    return [(k, state.get(k)) for k in range(len(weights))]


def _are_groups(found: Any, own: list[dict[str, Any]]) -> bool:
    """Equal but for the learning rates, which follow a schedule."""
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return False
    rates = [each.get("lr") for each in found]
    if not all(type(rate) is float and 0 <= rate < 1 for rate in rates):
        return False
    return _equal([each | {"lr": 0.0} for each in found], [each | {"lr": 0.0} for each in own])


def _is_moments(found: Any, weight: torch.Tensor) -> bool:
    """True for Adam's moments of a weight."""
    return (
        isinstance(found, dict)
        and set(found) == {"step", "exp_avg", "exp_avg_sq"}
        and is_like(found["step"], torch.zeros(()))
        and is_like(found["exp_avg"], weight)
        and is_like(found["exp_avg_sq"], weight)
        and bool((found["exp_avg_sq"] >= 0).all())
    )


def _checked(progress: Any, env: TrainingVecEnv) -> dict[str, NDArray[Any]]:
    """The arrays of the progress, of the types and shapes that they have in these environments."""
    number, width = env.num_envs, env.moments.mean.size
    if not isinstance(progress, dict):
        raise _damaged("list of what the environments have been through")
    kinds: dict[str, tuple[torch.dtype, tuple[int | None, ...]]] = {
        name: (torch.from_numpy(array).dtype, array.shape) for name, array in _state_of(env).items()
    }
    kinds |= {
        "actions": (torch.int64, (number, None, env.taken.shape[2])),
        "observations": (torch.float32, (number, width)),
        "returns": (torch.float64, (None,)),
        "curve": (torch.float64, (None, CURVE)),
        "updates": (torch.int64, (1,)),
    }
    if set(progress) != set(kinds):
        raise _damaged("list of what the environments have been through")
    found = {name: _whole(name, progress[name], *kind) for name, kind in kinds.items()}
    _check_episodes(found, env)
    return found


def _check_episodes(found: dict[str, NDArray[Any]], env: TrainingVecEnv) -> None:
    steps, episodes, actions = found["steps"], found["episodes"], found["actions"]
    if (steps < 0).any() or (episodes < 0).any() or steps.max() != actions.shape[1] or steps.max() >= env.episode_steps:
        raise _damaged("place in the episodes")
    if (actions < 0).any() or (actions >= env.action_space.nvec).any():  # type: ignore[attr-defined]
        raise _damaged("actions")
    if min(found[f"{name}_variance"].min() for name in ("seen", "return")) < 0:
        raise _damaged("moments")


def _restore_environments(env: TrainingVecEnv, found: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
    """Run the actions of the present episodes again."""
    taken = np.zeros_like(env.taken)
    taken[:, : found["actions"].shape[1]] = found["actions"]
    shown = env.go_on(found["episodes"], found["steps"], taken)
    env.returns[:], env.discounted[:] = found["returns_so_far"], found["discounted"]
    for name, moments in (("seen", env.moments), ("return", env.return_moments)):
        moments.mean, moments.variance = found[f"{name}_mean"], found[f"{name}_variance"]
        moments.count = float(found[f"{name}_count"][0])
    if not np.array_equal(env.normalised(shown), found["observations"]):
        raise InputError(
            "the environments are not what they were when the checkpoint was written: ipagym, the scenario or the "
            "trace has changed, or the checkpoint is damaged; train anew with another --out"
        )
    return found["observations"]


def _whole(what: str, found: Any, dtype: torch.dtype, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """A tensor of a checkpoint as an array, sure to have this type and shape, None being any length."""
    if isinstance(found, torch.Tensor) and found.ndim == len(shape):
        sizes = [length if wanted is None else wanted for length, wanted in zip(found.shape, shape, strict=True)]
        if is_like(found, torch.zeros((), dtype=dtype).expand(sizes)):
            return np.asarray(found.numpy())
    raise _damaged(what)


def _equal(found: Any, own: Any) -> bool:
    """Equal as nested lists and dictionaries of plain values; anything else of a file is not compared."""
    if isinstance(own, dict):
        return isinstance(found, dict) and set(found) == set(own) and all(_equal(found[key], own[key]) for key in own)
    if isinstance(own, list | tuple):
        return type(found) is type(own) and len(found) == len(own) and all(map(_equal, found, own))
    return type(found) is type(own) and bool(found == own)


def _damaged(what: str) -> InputError:
    return InputError(f"the checkpoint cannot be resumed, its {what} being damaged: train anew with another --out")
