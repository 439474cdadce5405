"""Timestamps from rates."""

from dataclasses import replace

import numpy as np
import pytest

from ipagym.cluster.sim import ENGINES
from ipagym.envs import make_scenario
from ipagym.system.errors import InputError
from ipagym.task.physics import Physics
from ipagym.workload.arrivals import arrival_blocks
from tests.tiny import scenario, setting


def times(rates: np.ndarray, rule: str, seed: int = 0, block_s: int = 60) -> np.ndarray:
    return np.concatenate(list(arrival_blocks(rates, rule, np.random.default_rng(seed), block_s=block_s)))


@pytest.mark.parametrize("rule", ["poisson", "gamma:2", "uniform"])
def test_the_block_length_changes_nothing(rule: str) -> None:
    rates = np.random.default_rng(1).uniform(0, 40, 500)
    whole = times(rates, rule, block_s=500)
    for block_s in (1, 7, 60):
        assert (times(rates, rule, block_s=block_s) == whole).all()


@pytest.mark.parametrize("rule", ["poisson", "gamma:0.5", "uniform"])
def test_times_rise_and_silent_seconds_stay_silent(rule: str) -> None:
    rates = np.tile([0.0, 25.0, 0.0, 3.0], 100)
    at = times(rates, rule)
    assert (np.diff(at) >= 0).all()
    assert (rates[at.astype(int)] > 0).all()


def test_uniform_is_evenly_spaced() -> None:
    assert times(np.array([2.0, 4.0]), "uniform").tolist() == [0.25, 0.75, 1.125, 1.375, 1.625, 1.875]


def test_poisson_counts_have_the_variance_of_their_mean() -> None:
    rates = np.tile([5.0, 20.0], 20_000)
    counts = np.histogram(times(rates, "poisson"), bins=len(rates), range=(0, len(rates)))[0]
    for parity, rate in ((0, 5.0), (1, 20.0)):
        assert counts[parity::2].mean() == pytest.approx(rate, rel=0.02)
        assert counts[parity::2].var() == pytest.approx(rate, rel=0.04)


@pytest.mark.parametrize("cv", [0.5, 1.0, 3.0])
def test_gamma_gaps_have_their_coefficient_of_variation(cv: float) -> None:
    gaps = np.diff(times(np.full(5_000, 10.0), f"gamma:{cv}"))
    assert gaps.mean() == pytest.approx(0.1, rel=0.05)
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.05)


@pytest.mark.parametrize("rule", ["", "poison", "gamma", "gamma:", "gamma:0", "gamma:nan", "gamma:99", "gamma:-1"])
def test_unknown_rules_are_refused(rule: str) -> None:
    with pytest.raises(InputError, match="arrival rule"):
        times(np.ones(2), rule)


@pytest.mark.parametrize("engine", ENGINES)
def test_evenly_spaced_requests_are_the_counts_themselves(engine: str) -> None:
    counts = np.random.default_rng(5).integers(0, 60, 400)
    cluster = ENGINES[engine](
        scenario(tuple(map(float, counts)), setting(4), physics=Physics(arrivals="uniform")), keep_requests=True
    )
    cluster.reset(0)
    assert cluster.advance(400.0).arrivals_per_s.tolist() == counts.tolist()
    second = cluster.log.sent_s.astype(int)
    assert np.bincount(second, minlength=400).tolist() == counts.tolist()
    within = cluster.log.sent_s - second
    assert within[second == int(counts.argmax())] == pytest.approx((np.arange(counts.max()) + 0.5) / counts.max())


def test_rules_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputError, match="arrival rule"):
        Physics(arrivals=5)  # type: ignore[arg-type]


def test_the_rule_of_arrivals_may_be_chosen_beside_the_scenario() -> None:
    chosen = make_scenario("video", "constant:5", arrivals="uniform")
    assert chosen.physics == replace(make_scenario("video", "constant:5").physics, arrivals="uniform")
