"""Laws that hold on every path of a simulation, checked on the record of its requests.

Each function returns the first case that breaks its law, in words; empty if there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.sim.log import RequestLog
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario
from ipagym.verification.order import earliest_deadline_first, first_in_first_out

INSTANT_S = 1e-9
"""Times closer than this are the same: sums of times are rounded."""

ROUNDING = 1e-9
"""A difference of figures this small, relative to them, is none."""


@dataclass(frozen=True, slots=True)
class Path:
    """A simulated episode: its scenario, its windows in order, and the record of its requests."""

    scenario: Scenario
    windows: Sequence[Window]
    log: RequestLog


def conservation(path: Path) -> str:
    """Arrived = completed + dropped + in system, at the end of every window, by the counters and by the record."""
    arrived = ended = 0
    for window in path.windows:
        arrived += window.arrivals
        ended += window.completed + window.dropped
        if arrived != ended + window.in_system:
            return f"{arrived} arrived, {ended} ended, {window.in_system} in the system at {window.end_s} s"
        in_record = _present(path.log.arrival_s, path.log.end_s, window.end_s)
        if window.in_system != in_record:
            return f"{window.in_system} counted, {in_record} on record in the system at {window.end_s} s"
    return ""


def windows_tell_the_truth(path: Path) -> str:
    """Arrivals, ends, latencies and violations of every window are those on record."""
    log = path.log
    for window in path.windows:
        ended = (log.end_s >= window.start_s) & (log.end_s < window.end_s)
        told = {
            "arrivals": (window.arrivals, int(_inside(log.arrival_s, window).sum())),
            "completed": (window.completed, int((ended & log.completed).sum())),
            "dropped": (window.dropped, int((ended & log.dropped).sum())),
            "violations": (window.violations, _violations(log, window)),
        }
        for name, (counted, recorded) in told.items():
            if counted != recorded:
                return f"{name} {counted} told, {recorded} on record from {window.start_s} to {window.end_s} s"
        if not np.array_equal(np.sort(window.latency_s), np.sort(log.latency_s[ended & log.completed])):
            return f"latencies are not those on record from {window.start_s} to {window.end_s} s"
    return ""


def littles_law(path: Path) -> str:
    """Requests in the queue of each stage = entered − left, at the end of every window: Little's law in its parts."""
    log = path.log
    for window in path.windows:
        for stage, seen in enumerate(window.stages):
            queued = _present(log.enqueued_s[:, stage], left_queue_s(log, stage), window.end_s)
            if seen.queue != queued:
                return f"queue of stage {stage} is {seen.queue}, on record {queued} at {window.end_s} s"
    return ""


def causality(path: Path) -> str:
    """No request is started before it is queued, nor finished before it is started, nor ends before that."""
    log = path.log
    for stage in range(log.enqueued_s.shape[1]):
        steps = [log.arrival_s, log.enqueued_s[:, stage], log.started_s[:, stage], log.finished_s[:, stage]]
        for before, after in pairwise(steps):
            if bad := int((after < before).sum()):
                return f"{bad} requests go back in time at stage {stage}"
        if bad := int((log.finished_s[:, stage] > log.end_s).sum()):
            return f"{bad} requests end before stage {stage} has served them"
    return ""


def batches_fit(path: Path) -> str:
    """No batch is larger than the largest that the stage may use."""
    for stage, described in enumerate(path.scenario.pipeline.stages):
        if (largest := int(path.log.batch[:, stage].max(initial=0))) > described.batches[-1]:
            return f"a batch of {largest} at stage {stage}, which has {described.batches[-1]} at most"
    return ""


def never_idle(path: Path) -> str:
    """In a configuration that stands, no replica idles while a batch is due, and none serves two batches.

    Without faults or sleep, one deployment to a stage. In a pipeline that forks, without drops too: the record does
    not tell when a batch ends all of whose requests were dropped in another branch meanwhile.
    """
    for stage, running in enumerate(path.scenario.initial.first_deployments):
        ready = path.windows[0].stages[stage].ready
        if failure := _idleness(path, stage, ready, running.batch):
            return f"stage {stage}: {failure}"
    return ""


def in_order(path: Path) -> str:
    """In a configuration that stands, requests leave each queue in the order asked for, to be served or dropped.

    As for `never_idle`. A request that was turned away never entered.
    """
    for stage in range(path.log.enqueued_s.shape[1]):
        entered = path.log.enqueued_s[:, stage]
        here = ~np.isnan(entered)
        if not here.any():
            continue
        times = entered[here], left_queue_s(path.log, stage)[here]
        match path.scenario.physics.order:
            case "fifo":
                failure = first_in_first_out(*times)
            case "edf":
                failure = earliest_deadline_first(*times, path.log.deadline_s[here])
            case other:
                assert_never(other)
        if failure:
            return f"stage {stage}: {failure}"
    return ""


def plausible(path: Path) -> str:
    """Every window has finite cores, energy, accuracy and violation rate of 0 or more (energy but for rounding)."""
    for window in path.windows:
        held_j = path.scenario.pipeline.idle_watts_per_core * window.cores * window.duration_s
        least = {"cores": 0.0, "energy_j": -ROUNDING * held_j, "accuracy": 0.0, "violation_rate": 0.0}
        for name, smallest in least.items():
            if not (isfinite(value := getattr(window, name)) and value >= smallest):
                return f"{name} is {value} from {window.start_s} s"
    return ""


def left_queue_s(log: RequestLog, stage: int) -> NDArray[np.float64]:
    """The times at which requests left the queue of the stage: for service, or dropped."""
    started = log.started_s[:, stage]
    return np.where(np.isnan(started), log.end_s, started)


def _idleness(path: Path, stage: int, replicas: int, batch: int) -> str:
    log = path.log
    entered, left = log.enqueued_s[:, stage], left_queue_s(log, stage)
    due = np.minimum(entered + path.scenario.physics.batch_timeout_s, left)
    here = ~np.isnan(entered)
    serving = ~np.isnan(log.started_s[:, stage])
    share = 1 / np.maximum(log.batch[:, stage], 1)
    finished = np.where(np.isnan(log.finished_s[:, stage]), np.inf, log.finished_s[:, stage])
    times = np.unique(np.concatenate([entered[here], due[here], left[here], finished[serving]]))
    times = times[times < path.windows[-1].end_s]
    lasting = np.append(np.diff(times), 0.0) > INSTANT_S
    waiting = _level(times, entered[here], left[here])
    overdue = _level(times, due[here], left[here])
    busy = _level(times, log.started_s[serving, stage], finished[serving], share[serving])
    if (busy > replicas + 1e-6).any():
        return f"{busy.max():.3f} batches at work on {replicas} replicas"
    idle = lasting & ((waiting >= batch) | (overdue > 0)) & (busy < replicas - 1e-6)
    if idle.any():
        return f"{busy[idle][0]:.0f} of {replicas} replicas busy, {waiting[idle][0]:.0f} waiting at {times[idle][0]} s"
    return ""


def _level(
    times: NDArray[np.float64],
    up: NDArray[np.float64],
    down: NDArray[np.float64],
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """The number of the intervals [up, down) that hold each time, each counted with its weight."""
    weights = np.ones(len(up)) if weight is None else weight

    def passed(edges: NDArray[np.float64]) -> NDArray[np.float64]:
        order = np.argsort(edges)
        sums = np.concatenate([[0.0], np.cumsum(weights[order])])
        return np.asarray(sums[np.searchsorted(edges[order], times, side="right")])

    return passed(up) - passed(down)


def _inside(times_s: NDArray[np.float64], window: Window) -> NDArray[np.bool_]:
    return (times_s >= window.start_s) & (times_s < window.end_s)


def _present(entered_s: NDArray[np.float64], left_s: NDArray[np.float64], at_s: float) -> int:
    return int(((entered_s < at_s) & (left_s >= at_s)).sum())


def _violations(log: RequestLog, window: Window) -> int:
    """Each once: at its drop, or when its deadline passes if that is earlier.

    A request whose deadline has passed on its way is late when it arrives: nobody knew of it before.
    """
    dropped_first = log.dropped & (log.end_s <= log.deadline_s)
    late = ~dropped_first & (log.end_s > log.deadline_s)
    passes_s = np.maximum(log.deadline_s, log.arrival_s)[late]
    return int(_inside(log.end_s[dropped_first], window).sum() + _inside(passes_s, window).sum())
