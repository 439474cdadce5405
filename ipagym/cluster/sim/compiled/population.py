"""Several clusters of one scenario, simulated side by side."""

import os
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ipagym.cluster.sim.compiled import loop, random_buffers
from ipagym.cluster.sim.compiled.layout import (
    DONE,
    JOURNEY,
    NEEDS_EVENTS,
    NEEDS_LATENCIES,
    NEEDS_LOG,
    NEEDS_NUMBERS,
    NEEDS_REQUESTS,
    RUNNING,
    TARGET,
    Array,
)
from ipagym.cluster.sim.compiled.state_arrays import StateArrays, shapes, slots_at_first
from ipagym.cluster.sim.compiled.tables import Models, Tables
from ipagym.cluster.sim.compiled.turn import Turn, alone
from ipagym.cluster.sim.journeys import journeys
from ipagym.random.streams import Streams
from ipagym.task.scenario import Scenario
from ipagym.workload.rates import checked_rates

PARTS_PER_CORE = 4
SMALLEST_PART = 4
"""Clusters are handed to the cores in several parts each, since some take longer than others; but not in tiny ones."""

LENGTHENED = {
    NEEDS_EVENTS: ("events",),
    NEEDS_LATENCIES: ("latency_s", "ranked_s"),
    NEEDS_LOG: ("log", "log_stages"),
}
"""The arrays to make twice as long where something is lacking."""


@dataclass(frozen=True, slots=True)
class PopulationSnapshot:
    """A population at one instant."""

    state: StateArrays
    streams: list[Streams | None]
    slots: Array


class Population:
    """`size` clusters, numbered from 0; `which` always stands for an array of distinct numbers.

    `window_records` and `stage_records` hold what happened in the last window of each, `scraped` whether those figures
    reached the controller. One thread at a time may use it; others get a `BusyError`.
    """

    def __init__(self, scenario: Scenario, size: int, *, keep_requests: bool = False) -> None:
        self.scenario = scenario
        self.models = Models.of(scenario.pipeline)
        self.turn = Turn()
        self._tables = Tables.of(scenario, keep_requests=keep_requests)
        self._streams: list[Streams | None] = [None] * size
        self._slots = np.full(size, slots_at_first(scenario))
        self.state = StateArrays.lay_out(shapes(scenario, random_buffers.held(scenario)), size)
        self._initial = self.models.targets(scenario.initial, scenario)

    def again(self, scenario: Scenario) -> "Population":
        """As many clusters of another scenario."""
        return Population(scenario, len(self._streams))

    @property
    def window_records(self) -> Array:
        """Records `layout.WINDOW_RECORD` of the last window of each cluster."""
        return self._block("window_records")[:, 0]

    @property
    def scraped(self) -> Array:
        """True for each cluster the figures of whose last window reached the controller."""
        return self.state.sims["scraped"].astype(np.bool_)

    @property
    def stage_records(self) -> Array:
        """Records `layout.STAGE_RECORD` of the last window, shape (size, S)."""
        return self._block("stage_records")

    def last_windows(self) -> tuple[Array, Array, Array]:
        """`window_records`, `stage_records`, and the arrivals in each second of an interval, shape (size, seconds)."""
        seconds = max(1, int(np.ceil(self.scenario.interval_s)))
        return self.window_records, self.stage_records, self._block("per_second")[:, :seconds]

    @alone
    def reset(self, which: Array, seeds: list[int]) -> None:
        """Start afresh, with every replica of the scenario's initial configuration ready."""
        for k, seed in zip(which.tolist(), seeds, strict=True):
            streams = Streams.spawn(seed)
            self._streams[k] = streams
            self.state.clear(k)
            self.state.arrays["nodes"][k]["free"] = self.scenario.limits.node_cores or ()
            self._load(k, streams)
            random_buffers.fill(self.state, k, streams, self.scenario)
            self.state.sims[k]["fate"] = streams.fate
            self.state.sims[k]["gaps_before"] = -0.5 if self.scenario.physics.arrivals == "uniform" else 0.0
        targets = np.broadcast_to(self._initial, (len(which), *self._initial.shape)).astype(TARGET)
        loop.begin_all(self._tables.rules, self.state.sims, targets, which)

    def _load(self, k: int, streams: Streams) -> None:
        """The load of an episode: rates of each second, or requests on their way where there is a network."""
        if self.scenario.network is None:
            self.state.arrays["rates"][k][:] = checked_rates(self.scenario.workload, streams.load)
            return
        sent_s, arrival_s = journeys(self.scenario, streams)
        requests = np.zeros(len(sent_s), JOURNEY)
        requests["sent_s"], requests["arrival_s"] = sent_s, arrival_s
        self.state.put("journeys", k, requests)

    @alone
    def decide(self, which: Array, targets: Array) -> None:
        """Let the clusters start moving to the configurations in `targets`, records of shape (which, S, stations)."""
        self._make_room_for_replicas(which)
        while len(short := self._lacking(which)):
            self._provide(short)
        loop.decide_all(self._tables.rules, self.state.sims, targets, which)

    def apply(self, which: Array, records: Array) -> None:
        """Ask for configurations, records of `ipagym.model.deployments`, shape (which, S, max_deployments)."""
        self.decide(which, self.models.asks_of(records))

    @alone
    def expect(self, k: int, rates_rps: Array) -> None:
        """Let cluster k have another load from the next whole second on; what the old one has after that stays."""
        start = int(np.ceil(self.state.sims[k]["now_s"]))
        self.state.arrays["rates"][k][start : start + len(rates_rps)] = rates_rps
        loop.replan_all(self.state.sims, np.array([k]))

    @alone
    def advance(self, which: Array, seconds: float) -> None:
        """Simulate `seconds` in each of the clusters, on all cores."""
        for k in which.tolist() if seconds > len(self.state.arrays["per_second"][which[0]]) - 1 else ():
            self.state.lengthen("per_second", k, int(np.ceil(seconds)) + 1)
        buffers = self._block("buffers")[which]
        for k in which[(2 * buffers["used"] > buffers["limit"]).any(axis=1)].tolist():
            random_buffers.top_up(self.state, k, self._stream(k), self.scenario)
        loop.open_all(self.state.sims, which, seconds)
        while len(which):
            self._run(which)
            which = which[self.state.sims["status"][which] != DONE]
            self._provide(which)

    def close(self) -> None:
        """Nothing is held but memory."""

    @alone
    def snapshot(self) -> PopulationSnapshot:
        """A copy of everything that the future depends on."""
        return PopulationSnapshot(self.state.copy(), deepcopy(self._streams), self._slots.copy())

    @alone
    def restore(self, snapshot: PopulationSnapshot) -> None:
        """Stand where the snapshot was taken."""
        self.state.assign(snapshot.state)
        self._streams = deepcopy(snapshot.streams)
        self._slots = snapshot.slots.copy()

    @alone
    def __getstate__(self) -> dict[str, Any]:
        """The parts of a copy: a population at rest, with state of its own."""
        return vars(self) | {"state": deepcopy(self.state), "_streams": deepcopy(self._streams)}

    def _block(self, name: str) -> Array:
        block = self.state.arrays[name][0].base
        assert block is not None, "arrays of fixed size are views of one block"
        return block

    def _run(self, which: Array) -> None:
        """Let them go on as far as they can; this thread takes the last part itself."""
        number = min(len(which) // SMALLEST_PART, _cores() * PARTS_PER_CORE)
        if number < 2 or _cores() == 1:
            self._run_part(which)
            return
        parts = [np.ascontiguousarray(which[i::number]) for i in range(number)]
        others = [_threads(os.getpid()).submit(self._run_part, part) for part in parts[:-1]]
        self._run_part(parts[-1])
        for other in others:
            other.result()

    def _run_part(self, which: Array) -> None:
        loop.advance_all(self._tables.rules, self.state.sims, which)

    def _lacking(self, which: Array) -> Array:
        loop.lacking_all(self._tables.rules, self.state.sims, which)
        return which[self.state.sims["status"][which] != RUNNING]

    def _stream(self, k: int) -> Streams:
        streams = self._streams[k]
        assert streams is not None, "reset() comes first"
        return streams

    def _make_room_for_replicas(self, which: Array) -> None:
        """A decision may create as many replicas in each station as the limits allow, and those that sleep may wake."""
        stations = self._block("stations")[which]
        used = (stations["top"] + stations["asleep"]).max(axis=1, initial=0)
        for k in which[used + self.scenario.limits.max_replicas > self._slots[which]].tolist():
            self.state.more_replicas(k)
            self._slots[k] *= 2

    def _provide(self, which: Array) -> None:
        """Give each of the clusters what it lacks."""
        for k in which.tolist():
            status = self.state.sims[k]["status"]
            if status == NEEDS_NUMBERS:
                random_buffers.top_up(self.state, k, self._stream(k), self.scenario)
            elif status == NEEDS_REQUESTS:
                self.state.more_requests(k)
            for name in LENGTHENED.get(int(status), ()):
                self.state.lengthen(name, k, 2 * len(self.state.arrays[name][k]))


@cache
def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _threads(process: int) -> ThreadPoolExecutor:
    """Threads of this process: those of a parent are gone in a forked child."""
    return ThreadPoolExecutor(_cores(), thread_name_prefix=f"ipagym-{process}")
