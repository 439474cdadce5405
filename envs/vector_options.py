"""Arguments of vector environments only."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from ipagym.envs.codec import as_array
from ipagym.system.errors import InputError

Flags = NDArray[np.bool_]


def autoreset_mode(given: AutoresetMode | str) -> AutoresetMode:
    """The mode, or the mode of a name such as `SameStep` or `SAME_STEP`.

    Raises:
        InputError: the name is unknown.
    """
    for mode in AutoresetMode:
        if given is mode or (isinstance(given, str) and given.upper() in (mode.name, mode.value.upper())):
            return mode
    raise InputError(f"autoreset_mode must be one of {', '.join(mode.name for mode in AutoresetMode)}, not {given!r}")


def most_steps(most: int | None) -> int | None:
    """The maximum number of steps of an episode.

    Raises:
        InputError: it is not an integer of 1 or more.
    """
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise InputError(f"max_episode_steps must be a whole number of 1 or more, or none, not {most!r}")
    return most


def reset_mask(options: Any, num_envs: int) -> tuple[Flags, Any]:
    """The flags of the environments to reset, shape (num_envs,), and the other options.

    Raises:
        InputError: the mask is malformed.
    """
    if not isinstance(options, dict) or "reset_mask" not in options:
        return np.ones(num_envs, dtype=np.bool_), options
    rest = dict(options)
    mask = as_array(rest.pop("reset_mask"), "reset_mask")
    if mask.shape != (num_envs,) or mask.dtype != np.bool_ or not mask.any():
        raise InputError(
            f"reset_mask must be {num_envs} booleans, some of them true, not {mask.dtype} of shape {mask.shape}"
        )
    return mask, rest
