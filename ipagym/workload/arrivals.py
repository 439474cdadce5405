"""Rates become timestamps: a renewal process at unit rate, mapped through the inverse of the cumulative rate."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ipagym.random.distributions import Draw, parse
from ipagym.system.errors import InputError

GAPS_AT_ONCE = 4096
"""Gaps are drawn in chunks of this size, so that the block length does not change them."""

NAMES = {"poisson": "exponential", "uniform": "constant"}
"""Arrival rules that are named after the process rather than after its gaps."""


def parse_rule(rule: str) -> Draw:
    """The gap distribution of mean 1 named by `rule`: poisson, uniform, or gamma:CV with 0.05 <= CV <= 20.

    Raises:
        InputError: no such rule, or CV out of range.
    """
    if not isinstance(rule, str) or not (rule in NAMES or rule.startswith("gamma:")):
        raise InputError(f"unknown arrival rule {rule!r}: choose poisson, uniform or gamma:CV")
    return parse(NAMES.get(rule, rule), "arrival rule")


def arrival_blocks(
    rates_rps: NDArray[np.float64], rule: str, rng: np.random.Generator, *, block_s: int = 60
) -> Iterator[NDArray[np.float64]]:
    """Sorted arrival times in seconds, one array for each `block_s` seconds of `rates_rps` (one rate per second).

    With poisson gaps this is the inhomogeneous Poisson process of those rates exactly. The uniform rule spaces requests
    evenly, beginning after half a gap: if rates are whole numbers, like the counts of a trace, exactly that many
    requests arrive in each second, as with IPA's load tester in its mode `equal`
    (reconfigurable-ml-pipeline/load_tester on GitHub). Memory is bounded by a block and a chunk of gaps.
    """
    gaps = parse_rule(rule)
    ahead = np.cumsum(gaps(rng, GAPS_AT_ONCE)) - (0.5 if rule == "uniform" else 0.0)
    done = 0.0
    for start in range(0, len(rates_rps), block_s):
        rates = rates_rps[start : start + block_s]
        cumulative = np.cumsum(np.concatenate([[done], rates]))
        while ahead[-1] < cumulative[-1]:
            ahead = np.concatenate([ahead, ahead[-1] + np.cumsum(gaps(rng, GAPS_AT_ONCE))])
        count = int(np.searchsorted(ahead, cumulative[-1]))
        second = np.searchsorted(cumulative, ahead[:count], side="right") - 1
        yield (start + second) + (ahead[:count] - cumulative[second]) / rates[second]
        ahead, done = ahead[count:], float(cumulative[-1])


def arrival_times(rates_rps: NDArray[np.float64], rule: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """The times of `arrival_blocks` as one array."""
    return np.concatenate([np.zeros(0), *arrival_blocks(rates_rps, rule, rng)])
