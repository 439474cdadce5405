"""A serving cluster simulated by the compiled engine, with the same times to the bit as the SimPy one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.protocol import Snapshot
from ipagym.cluster.sim.compiled.layout import IN_SYSTEM, Array
from ipagym.cluster.sim.compiled.population import Population, PopulationSnapshot
from ipagym.cluster.sim.log import RequestLog
from ipagym.cluster.sim.request import NOT_KEPT, OTHER_ENGINE, Outcome, Request
from ipagym.cluster.sim.span import check_span
from ipagym.model.configuration import Configuration
from ipagym.model.pipeline import Pipeline
from ipagym.model.records import DERIVED, Records
from ipagym.model.validity import check
from ipagym.model.window import StageWindow, Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

ONLY = np.zeros(1, dtype=np.int64)
"""The numbers of a population of one."""


@dataclass(frozen=True, slots=True, eq=False)
class ClusterSnapshot:
    """A cluster at one instant, and the configuration in force."""

    population: PopulationSnapshot
    configuration: Configuration


class CompiledCluster:
    """The default simulator. Its first use on a machine compiles it, once, for some tens of seconds.

    With `keep_requests` the record of every request is kept for `requests`.
    """

    def __init__(self, scenario: Scenario, *, keep_requests: bool = False) -> None:
        check(scenario.initial, scenario.pipeline, scenario.limits)
        self.scenario = scenario
        self._keep_requests = keep_requests
        self._population = Population(scenario, 1, keep_requests=keep_requests)
        self.reset(0)

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline that is served."""
        return self.scenario.pipeline

    @property
    def now(self) -> float:
        """Simulated seconds since the last reset."""
        return float(self._population.state.sims[0]["now_s"])

    @property
    def configuration(self) -> Configuration:
        """The configuration in force: the last one asked for, though it may still be rolling out."""
        return self._configuration

    @property
    def in_system(self) -> int:
        """Requests that have arrived and are neither answered nor dropped."""
        head = self._population.state.sims[0]
        return int(head["arrived"] - head["ended"])

    @property
    def records(self) -> tuple[Records, Records]:
        """The last window as `ipagym.model.records` has it, with the latency quantiles as the engine has taken them."""
        return self._population.window_records.copy(), self._population.stage_records.copy()

    @property
    def requests(self) -> list[Request]:
        """Every request that has arrived since the last reset, in order of arrival."""
        if not self._keep_requests:
            raise InputError(NOT_KEPT)
        return [self._request(index) for index in range(int(self._population.state.sims[0]["arrived"]))]

    @property
    def log(self) -> RequestLog:
        """Every request that has arrived since the last reset, as arrays; they are copies."""
        if not self._keep_requests:
            raise InputError(NOT_KEPT)
        arrays, arrived = self._population.state.arrays, int(self._population.state.sims[0]["arrived"])
        entries, stages = arrays["log"][0][:arrived], arrays["log_stages"][0][:arrived]
        return RequestLog(
            sent_s=entries["sent_s"].copy(),
            arrival_s=entries["arrival_s"].copy(),
            deadline_s=entries["deadline_s"].copy(),
            end_s=np.where(entries["outcome"] == IN_SYSTEM, np.inf, entries["end_s"]),
            outcome=entries["outcome"].copy(),
            enqueued_s=stages["enqueued_s"].copy(),
            started_s=stages["started_s"].copy(),
            finished_s=stages["finished_s"].copy(),
            batch=stages["size"].copy(),
        )

    def reset(self, seed: int) -> None:
        """Start afresh, with every replica of the scenario's initial configuration ready."""
        self._population.reset(ONLY, [seed])
        self._configuration = self.scenario.initial

    def apply(self, configuration: Configuration) -> None:
        """Start moving to `configuration`; what an earlier one left unfinished is superseded.

        Raises:
            InputError: the configuration is outside the pipeline or the limits; nothing is changed then.
        """
        check(configuration, self.pipeline, self.scenario.limits)
        targets = self._population.models.targets(configuration, self.scenario)
        self._population.decide(ONLY, targets[np.newaxis])
        self._configuration = configuration

    def advance(self, seconds: float) -> Window:
        """Simulate `seconds` and report them.

        Raises:
            InputError: seconds is not a positive number, or too small a one.
        """
        check_span(seconds, self.now)
        self._population.advance(ONLY, seconds)
        return window_of(self._population, 0, self._configuration)

    def expect(self, rates_rps: NDArray[np.float64]) -> None:
        """Let the load have these rates, in requests per second, in each of the next whole seconds: a what-if.

        Raises:
            InputError: there is a network, the rates are not finite and 0 or more, or they go on for longer than the
                scenario's load.
        """
        left_s = self.scenario.workload.duration_s - int(np.ceil(self.now))
        if self.scenario.network is not None:
            raise InputError("another load cannot be expected from behind a network: its requests are on their way")
        if len(rates_rps) > left_s:
            raise InputError(f"the scenario's load goes on for {left_s} s; {len(rates_rps)} cannot be expected")
        if not (np.isfinite(rates_rps).all() and (rates_rps >= 0).all()):
            raise InputError("expected rates must be finite and 0 or more")
        self._population.expect(0, rates_rps)

    def snapshot(self) -> "ClusterSnapshot":
        """The state at this instant, for `restore`."""
        return ClusterSnapshot(self._population.snapshot(), self._configuration)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from where the snapshot of a cluster of the same scenario was taken.

        Raises:
            InputError: the snapshot is of another engine.
        """
        if not isinstance(snapshot, ClusterSnapshot):
            raise InputError(OTHER_ENGINE)
        self._population.restore(snapshot.population)
        self._configuration = snapshot.configuration

    def fork(self) -> "CompiledCluster":
        """A second cluster in the same state, independent from now on."""
        twin = CompiledCluster.__new__(CompiledCluster)
        twin.scenario, twin._keep_requests = self.scenario, self._keep_requests
        twin._population = Population(self.scenario, 1, keep_requests=self._keep_requests)
        twin.restore(self.snapshot())
        return twin

    def close(self) -> None:
        """Nothing to release."""

    def _request(self, index: int) -> Request:
        entry, stages = (self._population.state.arrays[name][0][index] for name in ("log", "log_stages"))
        sent_s, arrival_s, deadline_s = (float(entry[name]) for name in ("sent_s", "arrival_s", "deadline_s"))
        request = Request(index, sent_s, arrival_s, deadline_s, missing=[], unanswered=0)
        request.enqueued_s, request.started_s, request.finished_s = (
            stages[name].tolist() for name in ("enqueued_s", "started_s", "finished_s")
        )
        request.batch_sizes = stages["size"].tolist()
        models = self._population.models
        request.variants = [models.variant(stage["model"]) if stage["size"] else "" for stage in stages]
        request.outcome = Outcome(entry["outcome"])
        if entry["outcome"] != IN_SYSTEM:
            request.end_s, request.accuracy = float(entry["end_s"]), float(entry["accuracy"])
        return request


def window_of(population: Population, k: int, configuration: Configuration) -> Window:
    """The last window of cluster k."""
    arrays, window_records = population.state.arrays, population.window_records[k]
    seconds = population.state.sims[k]["seconds"]
    values = dict(zip(window_records.dtype.names or (), window_records.tolist(), strict=True))
    for name in DERIVED:
        del values[name]
    return Window(
        **values,
        arrivals_per_s=arrays["per_second"][k][:seconds].copy(),
        latency_s=arrays["latency_s"][k][: window_records["completed"]].copy(),
        stages=tuple(_stage_window(stage) for stage in population.stage_records[k]),
        configuration=configuration,
        scraped=bool(population.scraped[k]),
        network_s=_network_s(arrays["journeys"][k], population.state.sims[k]["arrived"], window_records["arrivals"]),
    )


def _network_s(journeys: Array, arrived: np.int64, arrivals: np.int64) -> Array:
    """Seconds on the way of the requests that arrived last; `journeys` is empty without a network."""
    latest = journeys[arrived - arrivals : arrived]
    return np.asarray(latest["arrival_s"] - latest["sent_s"])


def _stage_window(record: Array) -> StageWindow:
    return StageWindow(**dict(zip(record.dtype.names or (), record.tolist(), strict=True)))
