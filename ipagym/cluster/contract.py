"""The contract of a cluster, as checks for any backend.

    from ipagym.cluster.contract import CHECKS, Subject

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(Subject(make=MyCluster))

A check raises `AssertionError` with its finding if the contract is broken. No check measures real time, so a slow
machine passes as well.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import ceil, isclose, nan

from ipagym.cluster.protocol import Cluster
from ipagym.model.configuration import Configuration, Limits, StageSetting, requested_cores
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.physics import Physics
from ipagym.task.scenario import Scenario
from ipagym.workload.generators import Constant

STEP_S = 0.25
"""Length of the windows of checks in seconds."""


def small_scenario() -> Scenario:
    """Two stages of two variants that serve in milliseconds, on 1 or 2 cores, under 40 requests per second."""
    pipeline = Pipeline(
        name="contract",
        stages=tuple(_stage(name) for name in ("first", "second")),
        slo_s=1.0,
        idle_watts_per_core=5.0,
        busy_watts_per_core=10.0,
    )
    return Scenario(
        pipeline=pipeline,
        workload=Constant(rate_rps=40.0, duration_s=120),
        initial=Configuration(tuple(StageSetting.of(stage.variants[0].name, 1, 1) for stage in pipeline.stages)),
        limits=Limits(max_replicas=4),
        physics=Physics(batch_timeout_s=0.02),
        interval_s=STEP_S,
    )


def _stage(name: str) -> Stage:
    variants = tuple(_variant(f"{name}-{size}", base_s) for size, base_s in (("small", 0.004), ("large", 0.008)))
    return Stage(name=name, variants=variants, batches=(1, 2, 4))


def _variant(name: str, base_s: float) -> Variant:
    points = {batch: base_s * (1 + batch) / 2 for batch in (1, 2, 4)}
    latency = LatencyModel(average_s=points, p99_s={batch: 1.2 * seconds for batch, seconds in points.items()})
    accuracy = 0.5 + 40 * base_s
    return Variant(name=name, accuracy=accuracy, base_cores=1, load_s=0.05, latency=latency, on_cores={2: latency})


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A backend to check: the factory of its clusters, and their scenario.

    The scenario has stages with at least two variants, the first of which is in force, and a low load. A change may
    take `settle_s` seconds of cluster time.
    """

    make: Callable[[Scenario], Cluster]
    scenario: Scenario = field(default_factory=small_scenario)
    settle_s: float = 20.0

    @contextmanager
    def running(self, seed: int = 1) -> Iterator[Cluster]:
        """A cluster after `reset`, closed afterwards."""
        cluster = self.make(self.scenario)
        try:
            cluster.reset(seed)
            yield cluster
        finally:
            cluster.close()

    def changed(self, **knobs: object) -> Configuration:
        """The initial configuration with other knobs in its first stage."""
        first, *others = self.scenario.initial.stages
        return Configuration((first.turned(**knobs), *others))

    def other_variant(self) -> str:
        """A variant of the first stage that is not in force at the beginning."""
        names = [variant.name for variant in self.scenario.pipeline.stages[0].variants]
        return next(name for name in names if name != self.scenario.initial.stages[0].first.variant)

    def settled(self, cluster: Cluster, is_done: Callable[[Window], bool], what: str) -> list[Window]:
        """The windows up to and including the first one for which `is_done` is true."""
        windows = []
        for _ in range(ceil(self.settle_s / STEP_S)):
            windows.append(cluster.advance(STEP_S))
            if is_done(windows[-1]):
                return windows
        raise AssertionError(f"{what} was not done within {self.settle_s:g} s: {windows[-1]}")


def check_time(subject: Subject) -> None:
    """A reset sets the time to 0; windows are contiguous and have the requested length."""
    with subject.running() as cluster:
        assert cluster.now == 0, f"now is {cluster.now} after a reset"
        end_s = 0.0
        for seconds in (STEP_S, 2 * STEP_S, STEP_S / 2):
            window = cluster.advance(seconds)
            assert window.start_s == end_s, f"a window begins at {window.start_s} s, the last one ended at {end_s} s"
            end_s += seconds
            assert window.end_s == cluster.now == end_s, f"a window ends at {window.end_s} s, not at {end_s} s"


def check_windows(subject: Subject) -> None:
    """Every figure of a window is within its bounds, and counts agree with each other."""
    with subject.running() as cluster:
        assert cluster.pipeline == subject.scenario.pipeline, "the pipeline is not that of the scenario"
        windows = [cluster.advance(STEP_S) for _ in range(4)]
    for window in windows:
        assert window.arrivals == window.arrivals_per_s.sum(), f"arrivals by second do not add up: {window}"
        assert len(window.arrivals_per_s) == ceil(window.duration_s), f"seconds are missing: {window}"
        assert len(window.latency_s) == window.completed, f"a latency for each completed request: {window}"
        assert (window.latency_s > 0).all(), f"a latency is not positive: {window}"
        assert 0 <= window.accuracy <= 1, f"accuracy is in 0..1: {window}"
        assert window.configuration == subject.scenario.initial, f"another configuration: {window.configuration}"
        for stage in window.stages:
            assert 0 <= stage.utilisation <= 1, f"utilisation is in 0..1: {stage}"
            assert min(stage.queue, stage.arrivals, stage.dropped, stage.ready, stage.draining) >= 0, (
                f"below 0: {stage}"
            )
    ready = [stage.ready for stage in windows[0].stages]
    asked = [deployment.replicas for deployment in subject.scenario.initial.first_deployments]
    assert ready == asked, f"{ready} replicas are ready at the beginning, not {asked}"
    asked_cores = requested_cores(subject.scenario.initial, subject.scenario.pipeline)
    assert isclose(windows[-1].cores, asked_cores), f"{windows[-1].cores} cores are held, not {asked_cores}"


def check_conservation(subject: Subject) -> None:
    """At the end of every window, each arrived request was completed or dropped, or is in the system; none is late
    twice.
    """
    with subject.running() as cluster:
        arrived = ended = violated = 0
        for replicas in (1, 3, 1, 2, 1, 1):
            cluster.apply(subject.changed(replicas=replicas))
            window = cluster.advance(STEP_S)
            arrived, ended = arrived + window.arrivals, ended + window.completed + window.dropped
            violated += window.violations
            assert arrived == ended + window.in_system, f"{arrived} arrived, {ended} ended: {window}"
            assert violated <= arrived, f"{violated} violations of {arrived} requests"
        assert ended > 0, "nothing was served"


def check_replicas(subject: Subject) -> None:
    """Added replicas become ready, removed ones drain, and no request is lost."""
    with subject.running() as cluster:
        for replicas in (3, 1):
            cluster.apply(subject.changed(replicas=replicas))
            windows = subject.settled(cluster, _has(replicas), f"scaling to {replicas} replicas")
            assert not sum(window.dropped for window in windows), "scaling dropped requests"


def check_variant(subject: Subject) -> None:
    """A new variant takes over while the old one serves: there is always a ready replica, and nothing is dropped."""
    other = subject.other_variant()
    with subject.running() as cluster:
        cluster.advance(STEP_S)
        cluster.apply(subject.changed(variant=other))
        windows = subject.settled(cluster, _has(1), "the change of variant")
        served = [cluster.advance(STEP_S) for _ in range(2)]
    for window in (*windows, *served):
        assert window.configuration.stages[0].first.variant == other, f"not asked for: {window.configuration}"
        assert window.stages[0].ready >= 1, f"nobody serves during the change: {window}"
        assert not window.dropped, f"the change dropped requests: {window}"
    assert served[-1].completed, "nothing is served after the change"


def check_supersede(subject: Subject) -> None:
    """A configuration that is applied during a change replaces it."""
    with subject.running() as cluster:
        cluster.apply(subject.changed(replicas=4, variant=subject.other_variant()))
        cluster.apply(subject.changed(replicas=2))
        windows = subject.settled(cluster, _has(2), "the second of two changes")
        assert windows[-1].configuration == subject.changed(replicas=2), f"in force: {windows[-1].configuration}"


def check_in_place(subject: Subject) -> None:
    """Batch and cores change without a restart, if the variant has other choices of cores."""
    stage = subject.scenario.pipeline.stages[0]
    variant = stage.variant(subject.scenario.initial.stages[0].first.variant)
    wanted = subject.changed(batch=stage.batches[-1], cores=variant.core_choices[-1])
    cores = requested_cores(wanted, subject.scenario.pipeline)
    with subject.running() as cluster:
        cluster.apply(wanted)
        windows = subject.settled(cluster, lambda window: isclose(window.cores, cores), f"the change to {cores} cores")
        assert all(window.stages[0].ready >= 1 for window in windows), "nobody serves while cores change"
        assert not sum(window.dropped for window in windows), "the change of cores dropped requests"


def check_refusals(subject: Subject) -> None:
    """Invalid requests are refused with `InputError` and change nothing."""
    too_many = subject.scenario.limits.max_replicas + 1
    with subject.running() as cluster:
        for wrong in (subject.changed(replicas=too_many), subject.changed(variant="none such"), Configuration(())):
            _refused(lambda wrong=wrong: cluster.apply(wrong), f"apply({wrong})")  # type: ignore[misc]
        for seconds in (0.0, -1.0, nan):
            _refused(lambda seconds=seconds: cluster.advance(seconds), f"advance({seconds})")  # type: ignore[misc]
        window = cluster.advance(STEP_S)
        assert window.configuration == subject.scenario.initial, f"a refused one is in force: {window.configuration}"


def check_reset(subject: Subject) -> None:
    """A second reset restarts the cluster; the same seed gives the same arrivals, another seed different ones."""
    with subject.running(seed=5) as cluster:
        before = [cluster.advance(STEP_S) for _ in range(2)]
        cluster.apply(subject.changed(replicas=2))
        cluster.reset(5)
        assert cluster.now == 0, f"now is {cluster.now} after a second reset"
        again = [cluster.advance(STEP_S) for _ in range(2)]
        assert again[0].configuration == subject.scenario.initial, "the initial configuration is not in force"
        assert [w.arrivals for w in again] == [w.arrivals for w in before], "the same seed brought other arrivals"
        cluster.reset(6)
        others = [cluster.advance(STEP_S) for _ in range(2)]
        assert [w.arrivals for w in others] != [w.arrivals for w in before], "another seed brought the same arrivals"
        cluster.close()
        cluster.close()


def check_late(subject: Subject) -> None:
    """A request counts as late once, when its deadline passes, even if it is answered later."""
    scenario = replace(subject.scenario, pipeline=replace(subject.scenario.pipeline, slo_s=1e-4))
    arrived = violated = 0
    with replace(subject, scenario=scenario).running() as cluster:
        for _ in range(4):
            window = cluster.advance(STEP_S)
            arrived, violated = arrived + window.arrivals, violated + window.violations
    # One that arrived just before the end of the last window is not yet late.
    assert arrived - 1 <= violated <= arrived, f"{violated} of {arrived} requests are late, though none can be in time"


CHECKS: tuple[Callable[[Subject], None], ...] = (
    check_time,
    check_windows,
    check_conservation,
    check_replicas,
    check_variant,
    check_supersede,
    check_in_place,
    check_refusals,
    check_reset,
    check_late,
)
"""All checks."""


def _has(replicas: int) -> Callable[[Window], bool]:
    """True if that number of replicas of the first stage is ready, and none is starting or stopping."""

    def is_done(window: Window) -> bool:
        stage = window.stages[0]
        return stage.ready == replicas and not (stage.starting or stage.pending or stage.draining)

    return is_done


def _refused(call: Callable[[], object], what: str) -> None:
    try:
        call()
    except InputError:
        return
    raise AssertionError(f"{what} was not refused")
