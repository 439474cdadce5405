"""Compiled reduction of configurations to a budget of cores: almost every random set of variants exceeds it."""

import numpy as np
from numpy.typing import NDArray

from ipagym.system.machine_code import kernel

Ints = NDArray[np.int64]


@kernel
def cut_down(deployments: Ints, smaller: Ints, max_cores: int) -> bool:
    """Reduce configurations to `max_cores` in place; false if one does not fit even at its smallest.

    `deployments`, shape (n, S, L, 3), holds the index of the variant (−1 for none), replicas and cores; `smaller`,
    shape (S, variants, cores), holds the next smaller number of cores for a variant, 0 if there is none.
    """
    for row in deployments:
        while requested_cores(row) > max_cores:
            if not _give_up(row, smaller):
                return False
    return True


@kernel
def requested_cores(row: Ints) -> int:
    """Cores that a configuration, shape (S, L, 3), requests."""
    total = 0
    for s in range(row.shape[0]):
        for i in range(row.shape[1]):
            if row[s, i, 0] >= 0:
                total += row[s, i, 1] * row[s, i, 2]
    return total


@kernel
def _give_up(row: Ints, smaller: Ints) -> bool:
    """Reduce the largest reducible deployment by one step."""
    s, i = _largest(row, smaller)
    if s < 0:
        return False
    variant, replicas, cores = row[s, i]
    if replicas > 1:
        row[s, i, 1] -= 1
    elif smaller[s, variant, cores] > 0:
        row[s, i, 2] = smaller[s, variant, cores]
    else:
        row[s, i, 0] = -1
    return True


@kernel
def _largest(row: Ints, smaller: Ints) -> tuple[int, int]:
    """Stage and place of the first of the largest reducible deployments; (−1, −1) if there is none."""
    most, stage, place = 0, -1, -1
    for s in range(row.shape[0]):
        number = 0
        for i in range(row.shape[1]):
            number += row[s, i, 0] >= 0
        for i in range(row.shape[1]):
            variant, replicas, cores = row[s, i]
            if variant < 0 or replicas * cores <= most:
                continue
            if replicas > 1 or smaller[s, variant, cores] > 0 or number > 1:
                most, stage, place = replicas * cores, s, i
    return stage, place
