"""The seeds of the episodes of many environments; each has its own generator, as in Gymnasium."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gymnasium.utils import seeding

from ipagym.envs.codec import as_array
from ipagym.system.errors import InputError
from ipagym.task.splits import TRAIN

Range = tuple[int, int] | None


class EpisodeSeeds:
    """Seeds of episodes. Generators are made on first use, since most environments get a seed and need no other."""

    def __init__(self, num_envs: int, seed_range: Range) -> None:
        self._seeders: list[np.random.Generator | int | None] = [None] * num_envs
        self._range = seed_range

    def next(self, k: int, seed: int | None, seed_range: Range = None) -> int:
        """The seed of the next episode of environment k: the given one, or the next of its generator if none is given
        or there is a range. A given seed restarts the generator.
        """
        bounds = seed_range or self._range
        if seed is not None:
            self._seeders[k] = seed
        return seed_to_play(seed, bounds, lambda: self._generator(k))

    def _generator(self, k: int) -> np.random.Generator:
        seeder = self._seeders[k]
        if not isinstance(seeder, np.random.Generator):
            seeder = self._seeders[k] = seeding.np_random(seeder)[0]
        return seeder


def seed_to_play(seed: int | None, bounds: Range, generator: Callable[[], np.random.Generator]) -> int:
    """The seed of an episode: the given one if there is no range; otherwise one drawn from the range, or from the
    training seeds without a range. Single and vector environments share this rule.
    """
    if seed is not None and bounds is None:
        return int(seed)
    return int(generator().integers(*(bounds or TRAIN)))


def seeds_of_all(seed: Any, num_envs: int) -> list[int | None]:
    """A seed for each environment: seed + i, or the i-th of several.

    Raises:
        InputError: it is neither.
    """
    if seed is None or isinstance(seed, int | np.integer):
        seeds: Any = [None if seed is None else int(seed) + i for i in range(num_envs)]
    else:
        seeds = as_array(seed, "seed").tolist() if isinstance(seed, Sequence | np.ndarray) else []
    seeds = seeds if isinstance(seeds, list) else [seeds]
    right = all(each is None or (isinstance(each, int | np.integer) and each >= 0) for each in seeds)
    if len(seeds) != num_envs or not right:
        raise InputError(f"seed must be a whole number of 0 or more, or {num_envs} of them, not {seed!r}")
    return [None if each is None else int(each) for each in seeds]
