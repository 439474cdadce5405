"""The state of a training, and going on from there to the same weights as without the interruption.

A checkpoint is written between an update and the next rollout. What happens from there on depends on the weights, the
optimiser and the environments; chance is begun anew with every rollout (`training.Chance`). Of the environments it
holds no memory, which nobody could check, but the actions since their episodes began: run again, they lead to the same
state in any engine.
"""

from collections import deque
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO

from ipagym.agents.learned.checkpoint import Card, Checkpoint, is_like, load_weights
from ipagym.envs.sb3 import ServingVecEnv
from ipagym.system.errors import InputError

EXACT = 2**24
"""The optimiser counts its steps in single precision, which knows no more whole numbers."""


def progress_of(model: PPO, env: ServingVecEnv) -> dict[str, torch.Tensor]:
    """The content of a checkpoint beside the parameters, as tensors by name."""
    returns = [episode["r"] for episode in model.ep_info_buffer or ()]
    return {
        "actions": torch.from_numpy(env.actions_taken()),
        "observations": torch.from_numpy(np.array(model._last_obs)),
        "returns": torch.tensor(returns, dtype=torch.float64),
    }


def restore(model: PPO, env: ServingVecEnv, checkpoint: Checkpoint) -> None:
    """Let the model and its environments stand where the checkpoint was written.

    Raises:
        InputError: something in the checkpoint is damaged, or the environments are not what they were.
    """
    updates = _updates(model, checkpoint.card)
    _restore_parameters(model, checkpoint.parameters, updates)
    observations = _restore_environments(env, checkpoint)
    model.num_timesteps = checkpoint.card.steps
    model._n_updates = updates * model.n_epochs
    model._last_obs = observations
    model._last_episode_starts = np.full(env.num_envs, not len(env.actions_taken()))
    returns = _whole("returns", checkpoint.progress.get("returns"), torch.float64, (None,))
    episodes = ({"r": each, "l": env.episode_steps} for each in returns.tolist())
    model.ep_info_buffer = deque(episodes, maxlen=model._stats_window_size)
    model.ep_success_buffer = deque(maxlen=model._stats_window_size)


def _updates(model: PPO, card: Card) -> int:
    """The number of updates of the weights in so many steps."""
    updates, rest = divmod(card.steps, card.envs * card.rollout)
    if rest:
        raise _damaged("number of steps")
    return updates


def _restore_parameters(model: PPO, parameters: Any, updates: int) -> None:
    if not isinstance(parameters, dict) or set(parameters) != {"policy", "policy.optimizer"}:
        raise _damaged("list of parameters")
    if not load_weights(model.policy, parameters["policy"]):
        raise _damaged("policy")
    steps = updates * model.n_epochs * -(-model.n_steps * model.n_envs // model.batch_size)
    optimizer, state = model.policy.optimizer, parameters["policy.optimizer"]
    if not _is_state_of(optimizer, state, steps):
        raise _damaged("optimiser")
    optimizer.load_state_dict(state)


def _is_state_of(optimizer: torch.optim.Optimizer, found: Any, steps: int) -> bool:
    """True for the state of the optimiser, Adam, after so many steps from its present settings."""
    own = optimizer.state_dict()["param_groups"]
    if not isinstance(found, dict) or set(found) != {"state", "param_groups"} or not _equal(found["param_groups"], own):
        return False
    weights = [weight for group in optimizer.param_groups for weight in group["params"]] if steps else []
    state = found["state"]
    return (
        isinstance(state, dict)
        and list(state) == list(range(len(weights)))
        and all(_is_moments(state[number], weight, steps) for number, weight in enumerate(weights))
    )


def _is_moments(found: Any, weight: torch.Tensor, steps: int) -> bool:
    """True for Adam's moments of a weight."""
    return (
        isinstance(found, dict)
        and set(found) == {"step", "exp_avg", "exp_avg_sq"}
        and is_like(found["step"], torch.zeros(()))
        and int(found["step"]) == min(steps, EXACT)
        and is_like(found["exp_avg"], weight)
        and is_like(found["exp_avg_sq"], weight)
        and bool((found["exp_avg_sq"] >= 0).all())
    )


def _restore_environments(env: ServingVecEnv, checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Run the actions of the present episodes again."""
    if not isinstance(checkpoint.progress, dict) or set(checkpoint.progress) != {"actions", "observations", "returns"}:
        raise _damaged("list of what the environments have been through")
    episodes, steps = divmod(checkpoint.card.steps // env.num_envs, env.episode_steps)
    shape = (steps, env.num_envs, len(env.env.codec.sizes))
    actions = _whole("actions", checkpoint.progress["actions"], torch.int64, shape)
    observations = env.go_on(episodes, actions.numpy())
    then = checkpoint.progress["observations"]
    if not is_like(then, torch.from_numpy(observations)) or not np.array_equal(then.numpy(), observations):
        raise InputError(
            "the environments are not what they were when the checkpoint was written: ipagym, the scenario or the "
            "trace has changed, or the checkpoint is damaged; train anew with another --out"
        )
    return observations


def _whole(what: str, found: Any, dtype: torch.dtype, shape: tuple[int | None, ...]) -> torch.Tensor:
    """A tensor of a checkpoint, sure to have this type and shape, None being any length."""
    if isinstance(found, torch.Tensor) and found.ndim == len(shape):
        sizes = [length if wanted is None else wanted for length, wanted in zip(found.shape, shape, strict=True)]
        if is_like(found, torch.zeros((), dtype=dtype).expand(sizes)):
            return found
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
