"""Shared parts of learners with a replay buffer: their settings, and the buffer in a checkpoint."""

from typing import Any

import numpy as np
from stable_baselines3.common.buffers import ReplayBuffer

from ipagym.agents.learned.algorithms.algorithm import Arrays
from ipagym.agents.learned.callbacks import at
from ipagym.agents.learned.checkpoint import MAX_CHECKPOINT_BYTES
from ipagym.agents.learned.recipe_fields import OffPolicyRecipe
from ipagym.agents.learned.training_env import TrainingVecEnv
from ipagym.system.errors import InputError

KEPT = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def settings_of(recipe: OffPolicyRecipe, env: TrainingVecEnv) -> dict[str, Any]:
    """The arguments of such a learner for a recipe, without the network.

    Raises:
        InputError: a checkpoint could not hold the buffer.
    """
    entries = 2 * env.moments.mean.size + len(env.heads) + 4
    if (wanted := 8 * entries * recipe.buffer) > MAX_CHECKPOINT_BYTES:
        most = MAX_CHECKPOINT_BYTES // (8 * entries)
        raise InputError(f"a buffer of {recipe.buffer} steps takes up to {wanted:,} bytes: set it to {most} at most")
    return {
        "buffer_size": recipe.buffer,
        "learning_starts": recipe.warm_up,
        "train_freq": recipe.rollout,
        "gradient_steps": recipe.gradient_steps,
        "batch_size": recipe.batch,
        "gamma": recipe.gamma,
        "learning_rate": lambda remaining: at(recipe.learning_rate, remaining),
        "device": "cpu",
    }


def buffer_state(model: Any) -> Arrays:
    """The content of the buffer, each array of shape (rows, num_envs, …), and the next position."""
    buffer: ReplayBuffer = model.replay_buffer
    rows = buffer.buffer_size if buffer.full else buffer.pos
    held = {f"buffer_{name}": np.asarray(getattr(buffer, name)[:rows]) for name in KEPT}
    return held | {"buffer_place": np.array([buffer.pos, int(buffer.full)])}


def restore_buffer(model: Any, found: Arrays) -> bool:
    """Restore the content of the buffer."""
    buffer: ReplayBuffer = model.replay_buffer
    if found["buffer_place"].shape != (2,):
        return False
    pos, full = found["buffer_place"].tolist()
    if not 0 <= pos < buffer.buffer_size or full not in (0, 1):
        return False
    rows = buffer.buffer_size if full else pos
    if any(len(found[f"buffer_{name}"]) != rows for name in KEPT):
        return False
    for name in KEPT:
        getattr(buffer, name)[:rows] = found[f"buffer_{name}"]
    buffer.pos, buffer.full = pos, bool(full)
    return True
