"""Windows as observations for a learner: named numbers within [-1, 1]."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from ipagym.envs.capacity import Capacity
from ipagym.envs.codec import Codec
from ipagym.envs.observation_entries import PIPELINE_ENTRIES, STAGE_ENTRIES, varying
from ipagym.model.configuration import Limits
from ipagym.model.deployments import Deployments, deployments_of
from ipagym.model.pipeline import Pipeline
from ipagym.model.records import Records, records_of
from ipagym.model.window import Window
from ipagym.system.errors import unknown_name
from ipagym.task.scenario import Scenario

Values = NDArray[np.float64]
Seconds = NDArray[np.int64]

MANY_REQUESTS = 1000
"""The number of requests that is scaled to 1."""


class Observer:
    """Turns windows of one cluster or of many into float32 vectors.

    The entries are those of `ipagym.envs.observation_entries`, and the open knobs of each stage in the codec; `names`
    chooses some of them, in that order. Values beyond the scale of an entry are clipped.
    """

    def __init__(self, pipeline: Pipeline, limits: Limits, names: Sequence[str] | None = None) -> None:
        self.pipeline = pipeline
        self.limits = limits
        self._knobs = Codec(pipeline, limits).stages
        self._capacity = Capacity(pipeline)
        self._most = limits.max_replicas * limits.max_deployments
        self._most_rps = self._capacity.most_rps() * limits.max_replicas
        widest = sum(max(v.core_choices[-1] for v in stage.variants) for stage in pipeline.stages)
        self._cores = widest * limits.max_replicas if limits.max_cores is None else limits.max_cores
        known = self._all_names()
        self._width = len(known)
        self.names = known if names is None else tuple(names)
        for name in self.names:
            if name not in known:
                raise unknown_name("observation entry", name, known)
        self._chosen = None if self.names == known else np.array([known.index(name) for name in self.names], np.int64)

    @classmethod
    def of(cls, scenario: Scenario) -> "Observer":
        """The observer of a scenario; entries that cannot vary in it are left out."""
        whole = cls(scenario.pipeline, scenario.limits)
        return cls(scenario.pipeline, scenario.limits, varying(scenario, whole.names))

    def _all_names(self) -> tuple[str, ...]:
        stages = zip(self.pipeline.stages, self._knobs, strict=True)
        return tuple(entry.name for entry in PIPELINE_ENTRIES) + tuple(
            f"{stage.name}.{name}"
            for stage, knobs in stages
            for name in (*knobs.observed_names, *(entry.name for entry in STAGE_ENTRIES))
        )

    def space(self) -> Box:
        """The observation space, shape (len(names),)."""
        return Box(-1.0, 1.0, shape=(len(self.names),), dtype=np.float32)

    def observe(self, window: Window) -> NDArray[np.float32]:
        """The observation of `window`, shape (len(names),)."""
        windows, stages = records_of(window)
        records = deployments_of(window.configuration, self.pipeline, self.limits.max_deployments)
        observations = self.observe_all(windows, stages, (window.arrivals_per_s[np.newaxis], records[np.newaxis]))
        return np.asarray(observations[0], dtype=np.float32)

    def observe_all(
        self, windows: Records, stages: Records, beside: tuple[Seconds, Deployments]
    ) -> NDArray[np.float32]:
        """The observations of K windows, shape (K, len(names)).

        `windows` and `stages` are the records of `ipagym.model.records`, shapes (K,) and (K, stages); `beside` holds
        the arrivals in each second, shape (K, seconds), and the configurations in force, (K, stages, max_deployments).
        """
        arrivals_per_s, records = beside
        values = np.empty((len(windows), self._width))
        self._put_pipeline(values, windows, arrivals_per_s)
        served, end = self._stage_values(stages, records), len(PIPELINE_ENTRIES)
        for s, knobs in enumerate(self._knobs):
            begin, end = end, end + len(knobs.observed_names)
            values[:, begin:end] = knobs.observed(records[:, s])
            begin, end = end, end + len(STAGE_ENTRIES)
            values[:, begin:end] = served[:, s]
        chosen = values if self._chosen is None else values[:, self._chosen]
        return chosen.clip(-1.0, 1.0).astype(np.float32)

    def rate_scaled(self, rate_rps: Any) -> Any:
        """Rates and capacities on their common scale."""
        return np.log1p(rate_rps) / np.log1p(self._most_rps)

    def rate_rps(self, scaled: Any) -> Any:
        """The rates and capacities, in requests per second, at these points of the scale."""
        return np.expm1(scaled * np.log1p(self._most_rps))

    def _put_pipeline(self, values: Values, windows: Records, arrivals_per_s: Seconds) -> None:
        """Write the entries of the whole pipeline into the first columns, in the order of PIPELINE_ENTRIES."""
        slo_s = self.pipeline.slo_s
        half = max(1, arrivals_per_s.shape[1] // 2)
        values[:, 0] = windows["arrivals"] / (windows["end_s"] - windows["start_s"])
        values[:, 1] = arrivals_per_s.max(axis=1)
        values[:, 2] = arrivals_per_s[:, :half].sum(axis=1) / half
        values[:, 3] = arrivals_per_s[:, -half:].sum(axis=1) / half
        values[:, :4] = self.rate_scaled(values[:, :4])
        values[:, 4] = _count_scaled(windows["in_system"])
        values[:, 5] = _ratio_scaled(windows["latency_p50_s"], slo_s)
        values[:, 6] = _ratio_scaled(windows["latency_p99_s"], slo_s)
        values[:, 7] = np.minimum(1.0, windows["violations"] / np.maximum(windows["arrivals"], 1))
        values[:, 8] = windows["cores"] / self._cores
        values[:, 9] = windows["accuracy"]
        values[:, 10] = _ratio_scaled(windows["network_max_s"], slo_s)
        values[:, 11] = 1 - windows["network_max_s"] / slo_s
        values[:, 12] = 1 - windows["network_mean_s"] / slo_s
        values[:, 13] = 1 - windows["network_min_s"] / slo_s

    def _stage_values(self, stages: Records, records: Deployments) -> Values:
        """The entries of the stages, shape (K, S, entries), in the order of STAGE_ENTRIES."""
        values = np.empty((*stages.shape, len(STAGE_ENTRIES)))
        values[..., 0] = self._capacity.accuracy(records)
        values[..., 1] = _count_scaled(stages["queue"])
        values[..., 2] = stages["utilisation"]
        for i, state in enumerate(("ready", "starting", "pending"), start=3):
            values[..., i] = stages[state] / self._most
        values[..., 6] = self.rate_scaled(self._capacity.throughput_rps(records).sum(axis=2))
        return values


def _count_scaled(count: Any) -> Any:
    return np.log1p(count) / np.log1p(MANY_REQUESTS)


def _ratio_scaled(seconds: Any, slo_s: float) -> Any:
    """A scale that resolves latencies around the SLO and bounds long ones."""
    return seconds / (seconds + slo_s)
