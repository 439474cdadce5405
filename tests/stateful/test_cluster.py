"""Random walks over both engines side by side."""

import pickle
from typing import Any

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ipagym.cluster.sim import CompiledCluster, SimpyCluster
from ipagym.model.configuration import Configuration
from ipagym.model.window import Window
from tests.stateful.bad_input import BAD_SECONDS, refused
from tests.strategies import Run, runs, settings_of
from tests.test_engines import differences, record, same

SECONDS = st.sampled_from([1e-9, 0.05, 0.31, 1.0, 2.5, 7.0])
LONGEST_S = 40.0


class Clusters(RuleBasedStateMachine):
    """Two engines that do the same; what one refuses the other refuses."""

    @initialize(run=runs())
    def begin(self, run: Run) -> None:
        self.scenario, self.seed = run.scenario, run.seed
        self.both: list[Any] = [engine(run.scenario, keep_requests=True) for engine in (SimpyCluster, CompiledCluster)]
        self.snapshots: list[tuple[list[Any], dict[str, int]]] = []
        self.reset(run.seed)

    @rule(seed=st.sampled_from([0, 2**31, 2**63, 2**200]) | st.integers(0, 2**32))
    def reset(self, seed: int) -> None:
        for cluster in self.both:
            cluster.reset(seed)
        self.totals = dict.fromkeys(("arrivals", "completed", "dropped"), 0)

    @rule(data=st.data(), twice=st.booleans())
    def decide(self, data: st.DataObject, twice: bool) -> None:
        for _ in range(1 + twice):
            stages = [data.draw(settings_of(stage, self.scenario.limits)) for stage in self.scenario.pipeline.stages]
            for cluster in self.both:
                cluster.apply(Configuration(tuple(stages)))

    @rule(seconds=SECONDS)
    def advance(self, seconds: float) -> None:
        assume(self.both[0].now < LONGEST_S)
        windows = [cluster.advance(seconds) for cluster in self.both]
        assert not differences(*windows)
        self._account(windows[0])

    @rule()
    def take_snapshot(self) -> None:
        self.snapshots.append(([cluster.snapshot() for cluster in self.both], dict(self.totals)))

    @rule(number=st.integers(0, 5))
    def go_back(self, number: int) -> None:
        assume(self.snapshots)
        states, totals = self.snapshots[number % len(self.snapshots)]
        for cluster, state in zip(self.both, states, strict=True):
            cluster.restore(state)
        self.totals = dict(totals)

    @rule(number=st.integers(0, 1))
    def go_on_with_a_fork(self, number: int) -> None:
        original = self.both[number]
        self.both[number] = original.fork()
        original.advance(0.5)

    @rule(number=st.integers(0, 1))
    def go_on_with_a_pickle(self, number: int) -> None:
        self.both[number] = pickle.loads(pickle.dumps(self.both[number]))

    @rule(seconds=BAD_SECONDS)
    def refuse_seconds(self, seconds: float) -> None:
        for cluster in self.both:
            before = cluster.now
            refused(lambda cluster=cluster: cluster.advance(seconds))
            assert cluster.now == before

    @rule(kind=st.sampled_from(["variant", "replicas", "batch", "cores", "weight", "stages"]))
    def refuse_configuration(self, kind: str) -> None:
        stages = list(self.scenario.initial.stages)
        bad: dict[str, Any] = {"variant": "huge", "replicas": 0, "batch": 3, "cores": 99, "weight": float("nan")}
        setting = stages[-1]
        stages[-1] = setting.turned(**{kind: bad[kind]}) if kind in bad else setting
        chosen = Configuration(tuple(stages) + (() if kind in bad else (setting,)))
        for cluster in self.both:
            refused(lambda cluster=cluster: cluster.apply(chosen))

    @rule()
    def close(self) -> None:
        for cluster in self.both:
            cluster.close()
            cluster.close()

    def teardown(self) -> None:
        simpy, compiled = self.both
        assert simpy.now == compiled.now
        for one, other in zip(simpy.requests, compiled.requests, strict=True):
            assert same(record(one), record(other))

    def _account(self, window: Window) -> None:
        for name in self.totals:
            self.totals[name] += getattr(window, name)
        in_system = self.totals["arrivals"] - self.totals["completed"] - self.totals["dropped"]
        assert [cluster.in_system for cluster in self.both] == [in_system] * 2
        assert window.cores >= 0 <= window.energy_j
        assert 0 <= window.accuracy <= 1
        nodes = self.scenario.limits.node_cores
        assert nodes is None or window.cores <= sum(nodes) + 1e-9


Clusters.TestCase.settings = settings(max_examples=max(20, settings.default.max_examples // 4), stateful_step_count=25)  # type: ignore[union-attr]
TestClusters = Clusters.TestCase
