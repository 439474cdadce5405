"""Random numbers by counter; as in `ipagym.random.philox`."""

import numpy as np

from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record
from ipagym.random import philox

# Whole numbers must all be unsigned: numba takes a sum of unsigned and signed ones for a float.
WORD, HALF, SPARE = np.uint64(philox.WORD), np.uint64(32), np.uint64(11)
FIRST, SECOND = map(np.uint64, philox.MULTIPLIERS)
GROWTH0, GROWTH1 = map(np.uint64, philox.WEYL)


@kernel
def uniforms(sim: Record, concern: int, place: int, number: int) -> tuple[float, float]:
    """Two independent numbers, uniform in [0, 1), under the key of the cluster's episode."""
    n = np.uint64(number)
    a, b, c, d = n & WORD, n >> HALF, np.uint64(place), np.uint64(concern)
    key0, key1 = sim.fate & WORD, sim.fate >> HALF
    for _ in range(philox.ROUNDS):
        first, second = FIRST * a, SECOND * c
        a, b, c, d = second >> HALF ^ b ^ key0, second & WORD, first >> HALF ^ d ^ key1, first & WORD
        key0, key1 = key0 + GROWTH0 & WORD, key1 + GROWTH1 & WORD
    return float((a << HALF | b) >> SPARE) * philox.UNIT, float((c << HALF | d) >> SPARE) * philox.UNIT
