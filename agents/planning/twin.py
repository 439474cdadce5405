"""A digital twin: a simulator that follows what a controller observes, and in which configurations can be tried. It
needs no access to the cluster, simulated or live. It gets the requests of every second and the configurations, and
simulates them with the profile's latencies and its own random numbers. Network delays are not in the twin; they are
taken into account when rewards are computed.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.sim.compiled import CompiledCluster
from ipagym.model.configuration import Configuration
from ipagym.model.window import Window
from ipagym.task.reward import Rewards
from ipagym.task.scenario import Scenario

SEED = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Empty:
    """No load; arrivals are added as they are observed."""

    duration_s: int
    name: str = field(default="empty")

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Nothing."""
        return np.zeros(self.duration_s)


class Twin:
    """The twin of a scenario's cluster; it looks at most `ahead_s` seconds ahead. If it runs longer than its allocated
    length, it restarts, with the requested configuration ready.
    """

    def __init__(self, scenario: Scenario, running: Configuration, ahead_s: int) -> None:
        self.scenario = scenario
        self._ahead_s = ahead_s
        self._rewards = Rewards(scenario.pipeline, scenario.limits.max_deployments)
        self._begin(running)

    def _begin(self, running: Configuration) -> None:
        scenario = self.scenario
        duration_s = scenario.workload.duration_s + self._ahead_s + 1
        physics = replace(scenario.physics, arrivals="uniform", profile_error=0.0)
        workload = Empty(duration_s=duration_s)
        quiet = replace(scenario, initial=running, physics=physics, workload=workload, network=None)
        self._cluster = CompiledCluster(quiet)
        self._cluster.reset(SEED)
        self._state = self._ahead = self._cluster.snapshot()

    def follow(self, window: Window) -> None:
        """Simulate the window just observed, with the configuration that was requested in it."""
        self._cluster.restore(self._state)
        left_s = self._cluster.scenario.workload.duration_s - self._cluster.now
        if window.duration_s + len(window.arrivals_per_s) + self._ahead_s + 2 > left_s:
            self._begin(window.configuration)
            return
        self._cluster.apply(window.configuration)
        self._cluster.expect(window.arrivals_per_s.astype(np.float64))
        self._cluster.advance(window.duration_s)
        self._state = self._cluster.snapshot()

    def look_ahead(self, rates_rps: NDArray[np.float64]) -> None:
        """Set the expected rates, and the state from which all trials begin."""
        self._cluster.restore(self._state)
        self._cluster.expect(rates_rps)
        self._ahead = self._cluster.snapshot()

    def reward(self, candidate: Configuration, seconds: float, network_s: NDArray[np.float64]) -> float:
        """The reward per window if the candidate were requested now and stayed for `seconds`. `network_s` has equally
        likely network delays of requests; it is empty without a network.
        """
        self._cluster.restore(self._ahead)
        before = self._ahead.configuration
        self._cluster.apply(candidate)
        seen = self._cluster.advance(seconds)
        late = round(expected_late(seen.latency_s, network_s, self.scenario.pipeline.slo_s))
        judged = replace(seen, violations=max(seen.violations, late))
        return self.scenario.objective.scalar(self._rewards.of_window(judged, before))


def expected_late(latency_s: NDArray[np.float64], network_s: NDArray[np.float64], slo_s: float) -> float:
    """The expected number of latencies beyond the SLO, each with a delay drawn from `network_s` added."""
    if not network_s.size:
        return float((latency_s > slo_s).sum())
    longer = network_s.size - np.searchsorted(np.sort(network_s), slo_s - latency_s, side="right")
    return float(longer.sum() / network_s.size)
