"""Every backend keeps the contract of a cluster; so does a small fake, and one that breaks it is caught."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ipagym.cluster import contract
from ipagym.cluster.contract import Subject
from ipagym.cluster.live import LiveCluster, rehearsal
from ipagym.cluster.protocol import Cluster
from ipagym.cluster.sim import ENGINES
from ipagym.cluster.sim.span import check_span
from ipagym.model.configuration import Configuration, configured_accuracy, requested_cores
from ipagym.model.pipeline import Pipeline
from ipagym.model.validity import check
from ipagym.model.window import StageWindow, Window
from ipagym.task.scenario import Scenario


class Fake:
    """Every change takes effect at once, and there is always a free replica: each request takes 10 ms."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.now = scenario, 0.0

    @property
    def pipeline(self) -> Pipeline:
        return self.scenario.pipeline

    def reset(self, seed: int) -> None:
        self.now, self._configuration = 0.0, self.scenario.initial
        self._arrival_s = np.sort(np.random.default_rng(seed).uniform(0, self.scenario.workload.duration_s, 4800))

    def apply(self, configuration: Configuration) -> None:
        check(configuration, self.pipeline, self.scenario.limits)
        self._configuration = configuration

    def advance(self, seconds: float) -> Window:
        check_span(seconds, self.now)
        start_s, self.now = self.now, self.now + seconds
        arrived, ended, late = (
            int(((start_s <= times) & (times < self.now)).sum())
            for times in (self._arrival_s, self._arrival_s + 0.01, self._arrival_s + min(self.pipeline.slo_s, 0.01))
        )
        fleets = self._configuration.first_deployments
        idle = {"queue": 0, "dropped": 0, "utilisation": 0.0, "starting": 0, "pending": 0, "draining": 0}
        return Window(
            start_s=start_s, end_s=self.now, arrivals=arrived, completed=ended, dropped=0,
            violations=late if self.pipeline.slo_s < 0.01 else 0,
            in_system=int(((self.now - 0.01 <= self._arrival_s) & (self._arrival_s < self.now)).sum()),
            arrivals_per_s=np.array([arrived]), latency_s=np.full(ended, 0.01),
            cores=float(requested_cores(self._configuration, self.pipeline)), energy_j=0.0,
            accuracy=configured_accuracy(self._configuration, self.pipeline), configuration=self._configuration,
            stages=tuple(StageWindow(arrivals=arrived, ready=fleet.replicas, **idle) for fleet in fleets),  # type: ignore[arg-type]
        )  # fmt: skip

    def close(self) -> None: ...


def rehearsed(scenario: Scenario) -> Cluster:
    return LiveCluster(scenario, rehearsal(scenario.pipeline))


BACKENDS: dict[str, Callable[[Scenario], Cluster]] = {**ENGINES, "fake": Fake, "rehearsal": rehearsed}

each_check = pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)


@each_check
@pytest.mark.parametrize("backend", BACKENDS)
def test_contract(backend: str, check: Callable[[Subject], None]) -> None:
    check(Subject(make=BACKENDS[backend]))


class Forgetful(Fake):
    def advance(self, seconds: float) -> Window:
        window = super().advance(seconds)
        return replace(window, completed=window.completed - 1, latency_s=window.latency_s[1:])


class Deaf(Fake):
    def apply(self, configuration: Configuration) -> None:
        check(configuration, self.pipeline, self.scenario.limits)


class Gullible(Fake):
    def apply(self, configuration: Configuration) -> None:
        self._configuration = configuration


class Lenient(Fake):
    def advance(self, seconds: float) -> Window:
        return replace(super().advance(seconds), violations=0)


class Lasting(Fake):
    def reset(self, seed: int) -> None:
        super().reset(0)


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (Forgetful, contract.check_conservation),
        (Deaf, contract.check_replicas),
        (Gullible, contract.check_refusals),
        (Lenient, contract.check_late),
        (Lasting, contract.check_reset),
    ],
)
def test_a_backend_that_breaks_the_contract_is_caught(broken: type[Fake], check: Callable[[Subject], None]) -> None:
    with pytest.raises(AssertionError):
        check(Subject(make=broken))
