"""The simulator against queueing theory: means over independent runs, within three standard errors and 3 %."""

from math import sqrt

import numpy as np
import pytest

from ipagym.cluster.sim import CompiledCluster
from ipagym.configuration import Configuration, Limits, StageSetting
from ipagym.latency import LatencyModel
from ipagym.pipeline import Pipeline, Stage, Variant
from ipagym.scenario import Physics, Scenario
from tests.tiny import FixedRates

RUNS = 20


def mean_time_in_system(
    rate_rps: float, service_s: dict[int, float], *, replicas: int, batch: int, seconds: int
) -> np.ndarray:
    """Mean time in system of each of RUNS runs of one stage under Poisson arrivals, in seconds."""
    model = Variant(
        name="m", accuracy=1.0, base_cores=1, load_s=0.0, latency=LatencyModel(average_s=service_s, p99_s=service_s)
    )
    chosen = Scenario(
        pipeline=Pipeline(
            name="theory",
            stages=(Stage(name="s", variants=(model,), batches=(batch,)),),
            slo_s=1e6,
            idle_watts_per_core=1.0,
            busy_watts_per_core=2.0,
        ),
        workload=FixedRates(rates=(rate_rps,) * seconds),
        initial=Configuration((StageSetting("m", replicas, batch),)),
        limits=Limits(max_replicas=replicas),
        physics=Physics(batch_timeout_s=0.0, service="constant"),
    )
    cluster = CompiledCluster(chosen)
    means = []
    for seed in range(RUNS):
        cluster.reset(seed)
        cluster.advance(seconds / 10)
        means.append(cluster.advance(seconds * 0.9).latency_s.mean())
    return np.array(means)


def crommelin_two_servers(rate: float, service: float) -> float:
    """Mean wait in M/D/2 from Crommelin's roots, in seconds."""
    load, servers = rate * service, 2
    root = -0.5
    for _ in range(200):
        root = -sqrt(np.exp(load * (root - 1)))
    queue = (load**2 - servers * (servers - 1)) / (2 * (servers - load)) + 1 / (1 - root)
    return float(queue / rate)


def greedy_batches(rate: float, alpha: float, tau: float, cap: int) -> float:
    """Mean time in system with greedy batches of up to `cap` served in αk + τ: the chain left at completions.

    State: requests left behind at a completion. Holding times are integrated over each cycle and Little's law gives
    the mean.
    """
    size = 400
    service = [tau + alpha * k for k in range(cap + 1)]
    kernels = [_poisson(rate * s, size) for s in service]
    transition = np.zeros((size, size))
    for left in range(size):
        start = max(left, 1)
        taken = min(start, cap)
        rest = start - taken
        transition[left, rest:] = kernels[taken][: size - rest]
    transition /= transition.sum(axis=1, keepdims=True)
    stationary = np.full(size, 1 / size)
    for _ in range(3000):
        stationary = stationary @ transition
    starts = np.maximum(np.arange(size), 1)
    lengths = np.array([service[min(start, cap)] for start in starts])
    idle = np.where(np.arange(size) == 0, 1 / rate, 0.0)
    number = lengths * starts + rate * lengths**2 / 2
    return float((stationary @ number) / (stationary @ (lengths + idle)) / rate)


def _poisson(mean: float, size: int) -> np.ndarray:
    terms = [np.exp(-mean)]
    for k in range(1, size):
        terms.append(terms[-1] * mean / k)
    return np.array(terms)


def test_the_formulas_reproduce_published_values() -> None:
    assert crommelin_two_servers(1.4, 1.0) == pytest.approx(0.493610, abs=1e-6)
    assert greedy_batches(10, 0.01, 0.05, 2) == pytest.approx(0.0813555, abs=1e-6)
    assert greedy_batches(40, 0.01, 0.05, 4) == pytest.approx(0.207646, abs=1e-5)


SYSTEMS = {
    "M/D/1": (3.0, 0.8, {1: 1.0}, {"replicas": 1, "batch": 1, "seconds": 8000}),
    "M/D/2": (1 + crommelin_two_servers(1.4, 1.0), 1.4, {1: 1.0}, {"replicas": 2, "batch": 1, "seconds": 4000}),
    "greedy batches": (
        greedy_batches(20, 0.01, 0.05, 4),
        20.0,
        {k: 0.05 + 0.01 * k for k in range(1, 5)},
        {"replicas": 1, "batch": 4, "seconds": 300},
    ),
}
"""Exact mean time in system in seconds (M/D/1 by Pollaczek and Khinchine), arrival rate, service times, settings."""


@pytest.mark.parametrize(("exact", "rate_rps", "service_s", "run"), SYSTEMS.values(), ids=SYSTEMS)
def test_mean_time_in_system(exact: float, rate_rps: float, service_s: dict[int, float], run: dict[str, int]) -> None:
    means = mean_time_in_system(rate_rps, service_s, **run)
    error = means.std(ddof=1) / sqrt(RUNS)
    assert abs(means.mean() - exact) < 3 * error
    assert means.mean() == pytest.approx(exact, rel=0.03)
