"""Statistics of leaderboards against their definitions, written out."""

from itertools import product

import numpy as np
import pytest

from ipagym.bench.leaderboard.ranking import ranks
from ipagym.bench.leaderboard.statistics import (
    holm,
    improvement_interval,
    interval,
    iqm,
    mean,
    paired_difference,
    paired_p_value,
    performance_profile,
    probability_of_improvement,
)

RNG = np.random.default_rng(3)
SCORES = RNG.normal(0.5, 0.2, size=(8, 4))
OTHERS = RNG.normal(0.4, 0.2, size=(6, 4))


def test_the_interquartile_mean_is_that_of_the_middle_half_of_all_runs() -> None:
    middle = np.sort(SCORES.ravel())[8:24]
    assert iqm(SCORES) == pytest.approx(middle.mean())
    assert iqm(np.where(SCORES.max() == SCORES, 1e9, SCORES)) == pytest.approx(iqm(SCORES))


def test_the_interval_of_a_mean_is_that_of_theory_within_tasks() -> None:
    """Runs are drawn within a task, so that differences between tasks do not widen it."""
    scores = RNG.normal(0.0, 1.0, size=(200, 3)) + np.array([0.0, 100.0, 1000.0])
    found = interval(scores, mean)
    error = np.sqrt(sum(np.var(task) / len(task) for task in scores.T)) / 3
    assert found.value == pytest.approx(scores.mean())
    assert (found.value - found.low, found.high - found.value) == pytest.approx((1.96 * error,) * 2, rel=0.1)
    assert interval(scores, mean) == found, "drawn from a seed of its own"


def test_the_probability_of_improvement_counts_pairs() -> None:
    scores, others = np.round(SCORES, 1), np.round(OTHERS, 1)  # with ties
    expected = np.mean([
        np.mean([(a > b) + (a == b) / 2 for a, b in product(scores[:, task], others[:, task])]) for task in range(4)
    ])  # fmt: skip
    found = improvement_interval(scores, others)
    assert probability_of_improvement(scores, others) == pytest.approx(expected)
    assert found.low < expected < found.high
    assert found.value == pytest.approx(expected)
    assert probability_of_improvement(scores, scores) == pytest.approx(0.5)


def test_a_performance_profile_is_the_share_of_runs_above() -> None:
    assert list(performance_profile(np.array([[0.1, 0.5], [0.5, 0.9]]), (0.0, 0.1, 0.5, 0.9))) == [1, 0.75, 0.25, 0]


def test_holm_is_that_of_statsmodels() -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    for values in ([0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.001], [0.2], list(RNG.random(20))):
        assert holm(values) == pytest.approx(list(multitest.multipletests(values, method="holm")[1]))
    assert holm([]) == []


def test_paired_differences_are_on_the_same_seeds() -> None:
    """A shift of every run is told apart, however much the seeds differ."""
    hard = RNG.normal(0.0, 50.0, size=(5, 4))
    better = hard + RNG.uniform(0.5, 1.5, size=hard.shape)
    found = paired_difference(better, hard)
    assert 0.5 < found.low < found.value < found.high < 1.5
    assert found.value == pytest.approx((better - hard).mean())
    assert paired_p_value(better, hard) < 0.001
    assert paired_p_value(hard, hard) == 1.0
    few = np.array([[1.0], [2.0], [0.5]])
    assert paired_p_value(few, np.zeros_like(few)) == pytest.approx(2 / 2**3), "the least that three signs can give"


def test_ranks_inside_the_noise_are_ties() -> None:
    base = RNG.normal(0.0, 1.0, size=(6, 3))
    noise = RNG.normal(0.0, 0.3, size=(6, 3))
    scores = {"first": base + 2.0, "close": base + 2.0 + noise - noise.mean(), "last": base}
    assert ranks(["first", "close", "last"], scores) == {"first": 1, "close": 1, "last": 3}
