"""Both engines side by side, on courses that branch: forks and what they were forked from go on together."""

import pickle
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ipagym.cluster.sim import ENGINES, CompiledCluster, SimpyCluster
from ipagym.configuration import Configuration
from ipagym.errors import InputError
from ipagym.scenario import Scenario
from ipagym.window import Window
from tests.stateful.bad_input import BAD_SECONDS, refused
from tests.stateful.effort import share
from tests.strategies import runs, settings_of
from tests.test_engines import differences, record, same
from tests.tiny import scenario, setting

SECONDS = st.sampled_from([1e-9, 1e-4, 0.05, 0.7, 1.0, 2.5, 6.0])
LONGEST_S = 25.0
SEEDS = st.sampled_from([0, 2**31, 2**63, 2**300]) | st.integers(0, 2**64)
MOST_BRANCHES = 3
MOST_SNAPSHOTS = 4


@dataclass(slots=True)
class Branch:
    """The two engines at the same point of a course, and the requests counted on the way there."""

    simpy: Any
    compiled: Any
    counted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("arrivals", "completed", "dropped"), 0))

    @property
    def both(self) -> tuple[Any, Any]:
        return self.simpy, self.compiled

    def advance(self, seconds: float) -> Window:
        window: Window = self.simpy.advance(seconds)
        assert not differences(window, self.compiled.advance(seconds))
        for name in self.counted:
            self.counted[name] += getattr(window, name)
        left = self.counted["arrivals"] - self.counted["completed"] - self.counted["dropped"]
        assert window.in_system == left >= 0
        return window


def check_window(window: Window, chosen: Scenario) -> None:
    """What holds for every window, whatever was decided."""
    numbers = [window.cores, window.accuracy, window.energy_j, *window.latency_s.tolist()]
    numbers += [number for stage in window.stages for number in astuple(stage)]
    assert np.isfinite(numbers).all()
    assert min(numbers) >= 0
    assert window.arrivals == window.arrivals_per_s.sum()
    assert window.latency_s.size == window.completed
    assert sum(stage.dropped for stage in window.stages) == window.dropped
    assert all(stage.utilisation <= 1 + 1e-9 for stage in window.stages)
    nodes = chosen.limits.node_cores
    assert nodes is None or window.cores <= sum(nodes) + 1e-6


def bad_configurations(good: Configuration, most: int) -> list[Configuration]:
    """Configurations near a good one, each with one thing wrong."""
    *others, last = good.stages
    changes: list[dict[str, Any]] = [
        {"variant": "huge"}, {"variant": ""}, {"replicas": 0}, {"replicas": -1}, {"replicas": most + 1},
        {"batch": 3}, {"batch": 0}, {"batch": 2**40}, {"cores": 0}, {"cores": 99}, {"cores": -1},
        {"weight": 0.0}, {"weight": -1.0}, {"weight": float("nan")}, {"weight": float("inf")},
        {"beside": (last,)}, {"beside": (last,) * 9},
    ]  # fmt: skip
    fields = {name: getattr(last, name) for name in last.__slots__}
    wrong = [Configuration((*others, type(last)(**(fields | change)))) for change in changes]
    return [*wrong, Configuration(()), Configuration((*good.stages, last)), Configuration(good.stages[:-1])]


class Courses(RuleBasedStateMachine):
    """Bad input goes to one engine only: had it changed anything, the other would differ from then on."""

    @initialize(run=runs())
    def begin(self, run: Any) -> None:
        self.scenario: Scenario = run.scenario
        simpy, compiled = (engine(run.scenario, keep_requests=True) for engine in (SimpyCluster, CompiledCluster))
        self.branches = [Branch(simpy, compiled)]
        self.snapshots: list[tuple[Any, Any, dict[str, int]]] = []
        self.reset(0, run.seed)

    def branch(self, number: int) -> Branch:
        return self.branches[number % len(self.branches)]

    @rule(number=st.integers(0, 2), seed=SEEDS)
    def reset(self, number: int, seed: int) -> None:
        branch = self.branch(number)
        for cluster in branch.both:
            cluster.reset(seed)
        branch.counted = dict.fromkeys(branch.counted, 0)

    @rule(number=st.integers(0, 2), times=st.integers(1, 3), data=st.data())
    def decide(self, number: int, times: int, data: st.DataObject) -> None:
        for _ in range(times):
            stages = [data.draw(settings_of(stage, self.scenario.limits)) for stage in self.scenario.pipeline.stages]
            for cluster in self.branch(number).both:
                cluster.apply(Configuration(tuple(stages)))

    @rule(number=st.integers(0, 2), seconds=SECONDS)
    def advance(self, number: int, seconds: float) -> None:
        branch = self.branch(number)
        if branch.simpy.now < LONGEST_S:
            check_window(branch.advance(seconds), self.scenario)

    @rule(number=st.integers(0, 2))
    def take_snapshot(self, number: int) -> None:
        branch = self.branch(number)
        taken = (branch.simpy.snapshot(), branch.compiled.snapshot(), dict(branch.counted))
        self.snapshots = [*self.snapshots, taken][-MOST_SNAPSHOTS:]

    @precondition(lambda self: self.snapshots)
    @rule(number=st.integers(0, 2), which=st.integers(0, MOST_SNAPSHOTS - 1))
    def restore(self, number: int, which: int) -> None:
        """Into any branch: a snapshot is of a scenario, not of one cluster."""
        branch, taken = self.branch(number), self.snapshots[which % len(self.snapshots)]
        branch.simpy.restore(taken[0])
        branch.compiled.restore(taken[1])
        branch.counted = dict(taken[2])

    @precondition(lambda self: len(self.branches) < MOST_BRANCHES)
    @rule(number=st.integers(0, 2))
    def fork(self, number: int) -> None:
        branch = self.branch(number)
        self.branches.append(Branch(branch.simpy.fork(), branch.compiled.fork(), dict(branch.counted)))

    @rule(number=st.integers(0, 2))
    def pickle_compiled(self, number: int) -> None:
        branch = self.branch(number)
        branch.compiled = pickle.loads(pickle.dumps(branch.compiled))

    @rule(number=st.integers(0, 2), engine=st.integers(0, 1), data=st.data())
    def refuse_configuration(self, number: int, engine: int, data: st.DataObject) -> None:
        bad = bad_configurations(self.scenario.initial, self.scenario.limits.max_replicas)
        chosen = data.draw(st.sampled_from(bad))
        refused(lambda: self.branch(number).both[engine].apply(chosen))

    @rule(number=st.integers(0, 2), engine=st.integers(0, 1), seconds=BAD_SECONDS)
    def refuse_seconds(self, number: int, engine: int, seconds: float) -> None:
        refused(lambda: self.branch(number).both[engine].advance(seconds))

    @rule(number=st.integers(0, 2), engine=st.integers(0, 1), seed=st.sampled_from([-1, -(2**70)]))
    def refuse_seed(self, number: int, engine: int, seed: int) -> None:
        refused(lambda: self.branch(number).both[engine].reset(seed))

    @rule(number=st.integers(0, 2), engine=st.integers(0, 1))
    def close_twice(self, number: int, engine: int) -> None:
        for _ in range(2):
            self.branch(number).both[engine].close()

    @invariant()
    def engines_agree(self) -> None:
        for branch in getattr(self, "branches", ()):
            assert branch.simpy.now == branch.compiled.now
            assert branch.simpy.in_system == branch.compiled.in_system >= 0

    def teardown(self) -> None:
        for branch in getattr(self, "branches", ()):
            for one, other in zip(branch.simpy.requests, branch.compiled.requests, strict=True):
                assert same(record(one), record(other))


Courses.TestCase.settings = share(4, 25)
TestCourses = Courses.TestCase


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_seconds_too_few_to_move_the_clock_are_refused(engine: Any) -> None:
    cluster = engine(scenario((5.0,) * 4))
    cluster.advance(1.5)
    with pytest.raises(InputError, match="seconds"):
        cluster.advance(1e-300)
    assert cluster.now == 1.5


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize("change", [{"replicas": 1.5}, {"batch": 1.0}, {"variant": None}, {"weight": "1"}], ids=str)
def test_settings_of_the_wrong_type_are_refused(engine: Any, change: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"variant": "small", "replicas": 1, "batch": 1}
    cluster = engine(scenario((5.0,) * 4))
    with pytest.raises(InputError):
        cluster.apply(Configuration((type(setting())(**(fields | change)),)))


@pytest.mark.parametrize("seed", [None, 1.5, "7", [1]], ids=str)
@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_seeds_of_the_wrong_type_are_refused(engine: Any, seed: Any) -> None:
    cluster = engine(scenario((5.0,) * 4))
    with pytest.raises(InputError, match="seed"):
        cluster.reset(seed)
