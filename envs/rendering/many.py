"""Frames of chosen environments among many."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.rendering.episode import EpisodeSoFar, Recording
from ipagym.envs.rendering.view import frames
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario


class ManyView:
    """The episodes of the environments numbered in `rendered`, and frames of them."""

    def __init__(self, mode: str, scenario: Scenario, rendered: Sequence[int]) -> None:
        self._mode, self._scenario = mode, scenario
        self._recordings = {k: Recording() for k in rendered}
        self._frame: Callable[[EpisodeSoFar], Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The state without the picture: a copy makes its own."""
        return vars(self) | {"_frame": None}

    def see(self, which: NDArray[np.int64], index: NDArray[np.int64], last: EpisodeSoFar) -> None:
        """Add the last windows of environments `which`; `index` and `last` hold, for all environments, the number of
        that window in its episode and its figures.
        """
        is_new = np.zeros(len(index), dtype=np.bool_)
        is_new[which] = True
        for k, recording in self._recordings.items():
            if not is_new[k]:
                continue
            if index[k] == 0:
                recording.begin()
            recording.add(EpisodeSoFar._make(array[k : k + 1].copy() for array in last))

    def frames(self) -> tuple[Any, ...]:
        """A frame for each of the chosen environments, in the given order."""
        if self._frame is None:
            self._frame = frames(self._mode, self._scenario)
        return tuple(self._frame(recording.episode()) for recording in self._recordings.values())


def checked_numbers(rendered: Sequence[int] | None, num_envs: int) -> tuple[int, ...]:
    """The numbers of the environments to render, by default all of them.

    Raises:
        InputError: the list is empty, or a number is repeated or is not that of an environment.
    """
    if rendered is None:
        return tuple(range(num_envs))
    numbers = tuple(rendered) if isinstance(rendered, Sequence | np.ndarray) else ()
    right = all(isinstance(k, int | np.integer) and 0 <= k < num_envs for k in numbers)
    if not numbers or not right or len(set(numbers)) < len(numbers):
        raise InputError(f"rendered must be one or more distinct numbers in 0..{num_envs - 1}, not {rendered!r}")
    return tuple(int(k) for k in numbers)
