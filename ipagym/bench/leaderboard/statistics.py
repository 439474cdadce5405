"""Statistics over tasks and seeds, with the definitions of Agarwal et al. 2021 (rliable, arXiv 2108.13264).

Scores are arrays of shape (seeds, tasks). Nothing here draws without a generator that follows from `BOOTSTRAP_SEED`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, permutation_test, trim_mean

Scores = NDArray[np.float64]
"""(seeds, tasks)."""

BOOTSTRAP_SEED = 20_210_813
RESAMPLES = 2_000
LEVEL = 0.95
PERMUTATIONS = 9_999


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def iqm(scores: Scores) -> NDArray[np.float64]:
    """The interquartile mean: the mean of the middle half of all runs of all tasks; for each array if there are
    several.
    """
    flat = scores.reshape(*scores.shape[:-2], -1)
    return np.asarray(trim_mean(flat, 0.25, axis=-1), dtype=np.float64)


def mean(scores: Scores) -> NDArray[np.float64]:
    """The mean over all runs of all tasks; for each array if there are several."""
    return np.asarray(scores.mean(axis=(-2, -1)), dtype=np.float64)


def interval(scores: Scores, statistic: Callable[[Scores], NDArray[np.float64]]) -> Interval:
    """The statistic with its stratified bootstrap interval: seeds are drawn anew within each task."""
    return _interval(float(statistic(scores)), statistic(_redrawn(scores, np.random.default_rng(BOOTSTRAP_SEED))))


def probability_of_improvement(scores: Scores, reference: Scores) -> float:
    """The probability that a run of the one is better than a run of the other on a task drawn at random; half of a tie
    counts. That is Mann and Whitney's U over the number of pairs, averaged over tasks.
    """
    pairs = len(scores) * len(reference)
    columns = zip(scores.T, reference.T, strict=True)
    return float(np.mean([mannwhitneyu(own, other).statistic / pairs for own, other in columns]))


def improvement_interval(scores: Scores, reference: Scores) -> Interval:
    """The probability of improvement with its stratified bootstrap interval, the two being drawn independently."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    own, other = _redrawn(scores, rng), _redrawn(reference, rng)
    difference = own[:, :, None, :] - other[:, None, :, :]
    drawn = ((difference > 0) + (difference == 0) / 2).mean(axis=(1, 2, 3))
    return _interval(probability_of_improvement(scores, reference), drawn)


def performance_profile(scores: Scores, thresholds: Sequence[float]) -> NDArray[np.float64]:
    """The share of runs whose score is above each threshold."""
    return np.array([float(np.mean(scores > threshold)) for threshold in thresholds])


def paired_difference(scores: Scores, reference: Scores) -> Interval:
    """The mean difference on the same seeds and tasks, with its stratified bootstrap interval."""
    return interval(scores - reference, mean)


def paired_p_value(scores: Scores, reference: Scores) -> float:
    """The two-sided p-value of a mean difference of 0 on the same seeds and tasks, by changes of sign."""
    differences = (scores - reference).ravel()
    if not differences.any():
        return 1.0
    found = permutation_test(
        (differences,),
        lambda values, axis: np.mean(values, axis=axis),
        vectorized=True,
        permutation_type="samples",
        n_resamples=PERMUTATIONS,
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values, adjusted for their number by Holm's step-down rule (Holm 1979); they keep their order."""
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, dtype=float)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return [float(value) for value in adjusted]


def _redrawn(scores: Scores, rng: np.random.Generator) -> NDArray[np.float64]:
    """Scores with seeds drawn anew within each task, of shape (resamples, seeds, tasks)."""
    index = rng.integers(len(scores), size=(RESAMPLES, *scores.shape))
    return np.take_along_axis(scores[None], index, axis=1)


def _interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(value, float(low), float(high))
