"""One run of a model, and what is measured in it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ipagym.cluster.sim.engine import Engine
from ipagym.cluster.sim.log import RequestLog
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario

WARM_UP, COOL_DOWN = 0.1, 0.02
"""Shares of a run at its ends whose requests are not measured."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A run of `seconds`: all requests, those that arrived between warm-up and cool-down, and its one window."""

    everything: RequestLog
    log: RequestLog
    window: Window
    seconds: float


Measure = Callable[[Observed], float]


def observe(scenario: Scenario, engine: Engine, seed: int) -> Observed:
    """Let the scenario's workload run through a simulator."""
    cluster = engine(scenario, keep_requests=True)
    cluster.reset(seed)
    seconds = float(scenario.workload.duration_s)
    window = cluster.advance(seconds)
    log = cluster.log
    return Observed(log, measured_part(log, seconds), window, seconds)


def measured_part(log: RequestLog, seconds: float) -> RequestLog:
    """The requests that arrived between warm-up and cool-down."""
    return log.arrived_in(WARM_UP * seconds, (1 - COOL_DOWN) * seconds)


def time_in_system_s(run: Observed) -> float:
    """Mean time from arrival to answer."""
    return float(run.log.latency_s[~run.log.dropped].mean())


def wait_s(run: Observed) -> float:
    """Mean wait before the first stage, of those that were served there."""
    return float(np.nanmean(run.log.wait_s[:, 0]))


def share_waiting(run: Observed) -> float:
    """Requests that waited at all."""
    return float((run.log.wait_s[:, 0] > 0).mean())


def share_waiting_over(limit_s: float) -> Measure:
    """Requests that waited for longer than `limit_s`."""
    return lambda run: float((run.log.wait_s[:, 0] > limit_s).mean())


def violation_rate(run: Observed) -> float:
    """Late or dropped requests per arrival, as the window counts them."""
    return run.window.violations / run.window.arrivals


def drop_rate(run: Observed) -> float:
    """Dropped requests per arrival, as the window counts them."""
    return run.window.dropped / run.window.arrivals


def utilisation(run: Observed) -> float:
    """Busy time of the first stage's replicas over their ready time, as the window has it."""
    return run.window.stages[0].utilisation


def mean_batch(run: Observed) -> float:
    """Requests per batch of the first stage."""
    return float(1 / (1 / run.log.batch[:, 0]).mean())


def last_wait_s(run: Observed) -> float:
    """The longest wait before the last stage."""
    return float(run.log.wait_s[:, -1].max())


def backlog_per_second(run: Observed) -> float:
    """Requests that have arrived and not been started when the run ends, over its length."""
    return float(np.isnan(run.everything.started_s[:, 0]).sum()) / run.seconds


def in_service_every(period_s: int, offset_s: int) -> Measure:
    """Mean number in service at `offset_s` into each period, the first period left out."""

    def measure(run: Observed) -> float:
        times_s = np.arange(period_s + offset_s, run.seconds, period_s)
        started, finished = (np.sort(each[:, 0]) for each in (run.everything.started_s, run.everything.finished_s))
        return float((np.searchsorted(started, times_s) - np.searchsorted(finished, times_s)).mean())

    return measure
