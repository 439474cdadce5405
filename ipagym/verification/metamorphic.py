"""Laws that tie two simulations of the same requests together.

Each function takes an engine and a seed and returns the first case that breaks its law, in words; empty if there is
none.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ipagym.cluster.sim.engine import Engine
from ipagym.cluster.sim.log import RequestLog
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting
from ipagym.task.physics import Physics
from ipagym.task.scenario import Scenario
from ipagym.verification.model import Model, Station, in_batches, one_by_one, poisson
from ipagym.verification.paths import same_requests, walk
from ipagym.verification.stress_scenarios import all_scenarios
from ipagym.verification.theory.batches import full_or_timeout
from ipagym.workload.generators import Step

RATE_RPS = 4.0
"""A power of two, so that times scale by powers of two without rounding."""

SECONDS = 512


def scaling(engine: Engine, seed: int) -> str:
    """All times twice as long: every timestamp twice as late, to the bit."""
    plain = _log(engine, _system(in_batches(0.0625, 0.125, 4, servers=2), batch_timeout_s=0.25), seed)
    slow = _log(
        engine,
        _system(in_batches(0.125, 0.25, 4, servers=2), rate_rps=RATE_RPS / 2, seconds=2 * SECONDS, batch_timeout_s=0.5),
        seed,
    )
    for name in ("arrival_s", "enqueued_s", "started_s", "finished_s", "end_s"):
        if (2 * getattr(plain, name)).tobytes() != getattr(slow, name).tobytes():
            return f"{name} does not scale (seed {seed})"
    return ""


def another_replica(engine: Engine, seed: int) -> str:
    """With one more replica, served singly in order of arrival, no request is finished later."""
    few, more = (_log(engine, _system(one_by_one(0.9, servers=c)), seed) for c in (4, 5))
    later = int((more.end_s > few.end_s).sum())
    return f"{later} requests are finished later with 5 replicas than with 4 (seed {seed})" if later else ""


def timeout_without_batches(engine: Engine, seed: int) -> str:
    """At a batch size of 1 the batch timeout changes nothing."""
    short, long = (_log(engine, _system(one_by_one(0.9, servers=4), batch_timeout_s=s), seed) for s in (0.0, 9.0))
    return "" if same_requests(short, long) else f"a timeout of 9 s is not one of 0 s (seed {seed})"


def batch_by_batch(engine: Engine, seed: int) -> str:
    """Full batches or a timeout at several servers: the ends are those of a recursion, batch by batch."""
    station = in_batches(0.0625, 0.125, 4, servers=3)
    log = _log(engine, _system(station, rate_rps=16.0, batch_timeout_s=0.25), seed)
    ends_s = full_or_timeout(log.arrival_s, tuple(station.service_s.values()), 0.25, 3)
    answered = log.completed
    wrong = int((ends_s[answered] != log.end_s[answered]).sum())
    return f"{wrong} of {len(log)} requests end at other times than by recursion (seed {seed})" if wrong else ""


def deadlines_first(engine: Engine, seed: int) -> str:
    """Earliest deadline first against first in first out, constant service, requests out of order of their deadlines.

    A fast and a slow deployment mix up the order of requests before a single server. The starts of service are the
    same, hence so is the mean wait. Among all orders of the requests that are there at these starts, earliest deadline
    first has the least greatest lateness (Jackson 1955, with releases: Horn 1974, for equal service times); where any
    order meets all deadlines, it does. How many miss theirs may be more: it serves those that are lost first. The load
    ends early, so that all are answered.
    """
    fifo, edf = (_log(engine, _mixed(order), seed) for order in ("fifo", "edf"))
    if np.sort(fifo.started_s[:, 1]).tobytes() != np.sort(edf.started_s[:, 1]).tobytes():
        return f"the starts of service differ (seed {seed})"
    if _lateness_s(edf) > _lateness_s(fifo):
        return f"the greatest lateness is {_lateness_s(edf)} s, in order of entry {_lateness_s(fifo)} s (seed {seed})"
    if not (fifo.completed.all() and edf.completed.all()):
        return f"not every request is answered (seed {seed})"
    if fifo.started_s.tobytes() == edf.started_s.tobytes():
        return f"the order has no effect (seed {seed})"
    return ""


RELATIONS: Mapping[str, Callable[[Engine, int], str]] = {
    "all times doubled double every timestamp": scaling,
    "a further replica delays no request": another_replica,
    "at batch size 1 the batch timeout is irrelevant": timeout_without_batches,
    "full batches or a timeout follow the recursion": batch_by_batch,
    "deadlines first: equal waits, no greater lateness (N)": deadlines_first,
}


def _system(station: Station, *, rate_rps: float = RATE_RPS, seconds: int = SECONDS, **physics: Any) -> Scenario:
    model = Model(
        family="", name="", load=poisson(rate_rps), stations=(station,), seconds=seconds, quantities=(), physics=physics
    )
    return model.scenario(seconds)


def _log(engine: Engine, scenario: Scenario, seed: int) -> RequestLog:
    decision = [scenario.initial]
    whole = replace(scenario, interval_s=scenario.workload.duration_s / 2)
    log: RequestLog = walk(whole, engine, decision * 2, seed).log
    return log


def _mixed(order: Any) -> Scenario:
    plain = all_scenarios(SECONDS)["chain"]
    mixed = StageSetting((Deployment("small", 6, 1), Deployment("big", 6, 1)))
    return replace(
        plain,
        pipeline=replace(plain.pipeline, slo_s=0.25),
        initial=Configuration((mixed, StageSetting.of("small", 1, 1))),
        limits=Limits(max_replicas=6, max_deployments=2),
        physics=Physics(order=order, batch_timeout_s=0.0, service="constant"),
        workload=Step(before_rps=30.0, after_rps=0.0, at_s=SECONDS, duration_s=SECONDS + SECONDS // 4),
    )


def _lateness_s(log: RequestLog) -> float:
    return float((log.end_s - log.deadline_s).max())
