"""Compiled first-fit placement of many configurations, as `ipagym.model.placement` does it for one."""

import numpy as np
from numpy.typing import NDArray

from ipagym.system.machine_code import kernel

Ints = NDArray[np.int64]


@kernel
def find_room(deployments: Ints, node_cores: Ints) -> NDArray[np.bool_]:
    """True for each configuration whose replicas all fit, shape (n,).

    `deployments`, shape (n, S, L, 3), holds the index of the variant (−1 for none), replicas and cores.
    """
    found = np.zeros(len(deployments), dtype=np.bool_)
    for n in range(len(deployments)):
        found[n] = _finds_room(deployments[n], node_cores.copy())
    return found


@kernel
def _finds_room(row: Ints, free: Ints) -> bool:
    for s in range(row.shape[0]):
        for i in range(row.shape[1]):
            variant, left, cores = row[s, i]
            if variant < 0:
                continue
            for node in range(len(free)):
                taken = min(left, free[node] // cores)
                free[node] -= taken * cores
                left -= taken
            if left > 0:
                return False
    return True
