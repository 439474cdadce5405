"""The interface between training and an algorithm."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from ipagym.agents.learned.algorithms.action_forms import LearnerActions
from ipagym.agents.learned.lstm_layer import LstmLayer
from ipagym.agents.learned.training_env import TrainingVecEnv

Arrays = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The layers of a policy's network in the form of `ipagym.agents.learned.policy_file`."""

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    lstm: LstmLayer | None = None


def layers_of(module: torch.nn.Module, names: list[str], lstm: LstmLayer | None = None) -> Layers:
    """The linear layers of these names in a module, in this order."""
    state = module.state_dict()
    return Layers(
        weights=tuple(state[f"{name}.weight"].numpy().T.astype(np.float64) for name in names),
        biases=tuple(state[f"{name}.bias"].numpy().astype(np.float64) for name in names),
        lstm=lstm,
    )


def linear_names(module: torch.nn.Module, prefix: str) -> list[str]:
    """The names of the linear layers that begin like this, in the order of the module."""
    endings = [name for name in module.state_dict() if name.startswith(prefix) and name.endswith(".weight")]
    return [name.removesuffix(".weight") for name in endings]


def no_callbacks(recipe: Any, total: int) -> list[BaseCallback]:
    """No callbacks."""
    return []


def no_state(model: Any) -> Arrays:
    """No state beside the parameters."""
    return {}


def nothing_to_restore(model: Any, found: Arrays) -> bool:
    """Restore nothing; always valid."""
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Algorithm:
    """An algorithm of stable-baselines3 or sb3-contrib.

    `actions` is the form of its choice for the heads of a view's action. `make` makes a model from a recipe,
    environments and a seed; `callbacks` makes its callbacks from a recipe and the total steps. `layers` returns the
    layers that decide. `state` returns arrays that a checkpoint needs beside the parameters; their first axis may grow.
    `restore` restores them and returns False if they are damaged. `log_likelihood` is that of actions, from a model,
    its inputs, shape (n, entries), and the actions; it is None if the likelihood depends on anything else.
    """

    actions: Callable[[tuple[int, ...]], LearnerActions]
    make: Callable[[Any, TrainingVecEnv, int], BaseAlgorithm]
    layers: Callable[[Any], Layers]
    callbacks: Callable[[Any, int], list[BaseCallback]] = no_callbacks
    state: Callable[[Any], Arrays] = no_state
    restore: Callable[[Any, Arrays], bool] = nothing_to_restore
    log_likelihood: Callable[[Any, torch.Tensor, torch.Tensor], torch.Tensor] | None = None
