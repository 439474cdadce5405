"""Compiled cutting of configurations to a budget of cores: almost every random set of variants asks for too many."""

import numpy as np
from numpy.typing import NDArray

from ipagym.system.machine_code import kernel

Ints = NDArray[np.int64]


@kernel
def cut_down(deployments: Ints, smaller: Ints, max_cores: int) -> bool:
    """Cut configurations down to `max_cores` in place; false if one does not fit at its smallest.

    `deployments`, shape (n, S, L, 3), are index of the variant (−1 for none), replicas and cores; `smaller`, shape
    (S, variants, cores), is the next smaller number of cores that a variant may have, 0 for none.
    """
    for row in deployments:
        while requested_cores(row) > max_cores:
            if not _give_up(row, smaller):
                return False
    return True


@kernel
def requested_cores(row: Ints) -> int:
    """Cores that a configuration, shape (S, L, 3), asks for."""
    total = 0
    for s in range(row.shape[0]):
        for i in range(row.shape[1]):
            if row[s, i, 0] >= 0:
                total += row[s, i, 1] * row[s, i, 2]
    return total


@kernel
def _give_up(row: Ints, smaller: Ints) -> bool:
    """Make the largest deployment that can give something up a step smaller."""
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
    """Stage and place of the first of the largest deployments that can give something up; (−1, −1) without any."""
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
