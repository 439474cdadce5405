"""The meaning of the outputs of a policy's network, by algorithm: the values of an action's heads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.action_forms import values_on_scale

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Values = NDArray[np.int64]
Heads = tuple[int, ...]

RECURRENT = "recurrent-ppo"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The activation between layers, the number of outputs for these heads, and the choice from the outputs."""

    activation: Callable[[Floats], Floats]
    outputs: Callable[[Heads], int]
    values: Callable[[Floats, Heads, Flags | None], Values]
    is_masked: bool = False


def most_likely(outputs: Floats, heads: Heads, masks: Flags | None) -> Values:
    """The largest output of each head, shape (n, heads), from outputs for the values of each head in turn."""
    left = outputs if masks is None else np.where(masks, outputs, -np.inf)
    parts = np.split(left, np.cumsum(heads)[:-1], axis=1)
    return np.stack([part.argmax(axis=1) for part in parts], axis=1)


def best_of_all(outputs: Floats, heads: Heads, masks: Flags | None) -> Values:
    """The values of the action whose number is that of the largest output."""
    return np.stack(np.unravel_index(outputs.argmax(axis=1), heads), axis=1).astype(np.int64)


def on_scale(outputs: Floats, heads: Heads, masks: Flags | None) -> Values:
    """The values for the outputs, squashed to [−1, 1], one for each head."""
    return values_on_scale(np.tanh(outputs), np.array(heads))


def rectified(values: Floats) -> Floats:
    """The values, with 0 for those below 0 (relu)."""
    return np.maximum(values, 0.0)


CHOICES: Mapping[str, Choice] = {
    "ppo": Choice(activation=np.tanh, outputs=sum, values=most_likely),
    "maskable-ppo": Choice(activation=np.tanh, outputs=sum, values=most_likely, is_masked=True),
    RECURRENT: Choice(activation=np.tanh, outputs=sum, values=most_likely),
    "dqn": Choice(activation=rectified, outputs=prod, values=best_of_all),
    "sac": Choice(activation=rectified, outputs=len, values=on_scale),
}
