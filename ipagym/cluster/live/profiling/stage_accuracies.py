"""Accuracies of single stages whose product comes nearest to what was measured of them together."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

LEAST = 1e-3
"""An accuracy of 0 has no logarithm."""


def stage_accuracies(
    measured: Mapping[tuple[str, ...], float], stages: Sequence[Sequence[str]]
) -> list[dict[str, float]]:
    """For each stage the accuracy of each variant: least squares in logarithms, over all combinations.

    The best variant of each stage has the same share of what the best ones have together. None exceeds 1.
    """
    shape = [len(stage) for stage in stages]
    logarithms = np.log(np.maximum([measured[names] for names in product(*stages)], LEAST)).reshape(shape)
    mean = logarithms.mean()
    effects = [
        logarithms.mean(axis=tuple(other for other in range(len(shape)) if other != axis)) - mean
        for axis in range(len(shape))
    ]
    share = (mean + sum(effect.max() for effect in effects)) / len(effects)
    return [
        dict(zip(stage, np.minimum(1.0, np.exp(effect - effect.max() + share)).tolist(), strict=True))
        for stage, effect in zip(stages, effects, strict=True)
    ]
