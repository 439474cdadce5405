"""What a training knows of an algorithm."""

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
    """The layers of a policy's network as `ipagym.agents.learned.policy_file` has them."""

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
    """None of its own."""
    return []


def no_state(model: Any) -> Arrays:
    """Nothing beside the parameters."""
    return {}


def nothing_to_restore(model: Any, found: Arrays) -> bool:
    """Nothing, and that is sound."""
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Algorithm:
    """An algorithm of stable-baselines3 or sb3-contrib.

    `actions` is the form in which it chooses the heads of a view's action, `make` a new model of a recipe, its
    environments and a seed, `callbacks` what it needs between updates from a recipe and the steps in all. `layers` are
    those that decide. `state` are arrays that a checkpoint must have beside the parameters, whose first axis may grow;
    `restore` puts them back, which is False where they are damaged. `log_likelihood` is that of actions, from a model,
    what it is shown, shape (n, entries), and the actions, where it depends on nothing else.
    """

    actions: Callable[[tuple[int, ...]], LearnerActions]
    make: Callable[[Any, TrainingVecEnv, int], BaseAlgorithm]
    layers: Callable[[Any], Layers]
    callbacks: Callable[[Any, int], list[BaseCallback]] = no_callbacks
    state: Callable[[Any], Arrays] = no_state
    restore: Callable[[Any, Arrays], bool] = nothing_to_restore
    log_likelihood: Callable[[Any, torch.Tensor, torch.Tensor], torch.Tensor] | None = None
