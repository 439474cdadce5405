"""Restores the parameters of a checkpoint into a model: weights, and the states of its optimisers."""

from operator import attrgetter
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from ipagym.agents.learned.checkpoint import is_like, load_weights
from ipagym.system.errors import InputError


def restore_parameters(model: BaseAlgorithm, parameters: Any) -> None:
    """Restore the networks and the optimisers of the model from a checkpoint.

    Raises:
        InputError: one of them is damaged.
    """
    names = model._get_torch_save_params()[0]
    if not isinstance(parameters, dict) or set(parameters) != set(names):
        raise damaged("list of parameters")
    for name in names:
        _restore(attrgetter(name)(model), parameters[name])


def _restore(own: Any, found: Any) -> None:
    if isinstance(own, torch.nn.Module):
        if not load_weights(own, found):
            raise damaged("policy")
    elif _is_state_of(own, found):
        own.load_state_dict(found)
    else:
        raise damaged("optimiser")


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
    """True if equal except for learning rates, which follow a schedule."""
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


def _equal(found: Any, own: Any) -> bool:
    """True if equal as nested lists and dictionaries of plain values; other objects in a file count as different."""
    if isinstance(own, dict):
        return isinstance(found, dict) and set(found) == set(own) and all(_equal(found[key], own[key]) for key in own)
    if isinstance(own, list | tuple):
        return type(found) is type(own) and len(found) == len(own) and all(map(_equal, found, own))
    return type(found) is type(own) and bool(found == own)


def damaged(what: str) -> InputError:
    """The error of a checkpoint in which `what` is damaged."""
    return InputError(f"the checkpoint cannot be resumed, its {what} is damaged: train again with another --out")
