"""Random scenarios and decisions: everything that the physics knows, in small."""

from dataclasses import dataclass

from hypothesis import strategies as st

from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.task.faults import Faults
from ipagym.task.physics import DropPolicy, Physics
from ipagym.task.scenario import Scenario
from ipagym.workload.network import BandwidthTrace, FourG, Network
from tests.tiny import FixedRates

BATCHES = (1, 2, 4, 8)
VARIANTS = ("small", "middle", "big")
EPISODE_S = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A scenario, the configurations asked for one after the other with the seconds each is left, and a seed."""

    scenario: Scenario
    decisions: list[tuple[Configuration, float]]
    seed: int


def latency(base_s: float) -> LatencyModel:
    points = {batch: base_s * (1 + 0.5 * (batch - 1)) for batch in BATCHES}
    return LatencyModel(average_s=points, p99_s={b: 1.5 * s for b, s in points.items()})


def variant(index: int, load_s: float, *, is_scalable: bool) -> Variant:
    base_s = 0.1 * (index + 1)
    on_cores = {cores: latency(base_s * (index + 1) / cores) for cores in (4, 6)} if is_scalable else {}
    return Variant(
        name=VARIANTS[index],
        accuracy=0.5 + 0.1 * index,
        base_cores=index + 1,
        load_s=load_s,
        latency=latency(base_s),
        on_cores=on_cores,
    )


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """One to five stages, in a chain or with random edges."""
    number = draw(st.integers(1, 5))
    chain = draw(st.booleans())
    names = [f"s{i}" for i in range(number)]
    stages = []
    for index, name in enumerate(names):
        after = None if chain else tuple(n for n in names[:index] if draw(st.booleans()))
        variants = tuple(
            variant(i, draw(st.sampled_from([0.0, 0.5, 2.0])), is_scalable=draw(st.booleans())) for i in range(3)
        )
        stages.append(Stage(name=name, variants=variants, batches=BATCHES, after=after))
    return Pipeline(
        name="random",
        stages=tuple(stages),
        slo_s=draw(st.sampled_from([0.3, 1.0, 3.0])),
        idle_watts_per_core=3.0,
        busy_watts_per_core=7.0,
    )


def probability() -> st.SearchStrategy[float]:
    return st.sampled_from([0.0, 0.0, 0.3])


@st.composite
def faults(draw: st.DrawFn, *, bounded: bool) -> Faults:
    return Faults(
        crashes_per_hour=draw(st.sampled_from([0.0, 0.0, 600.0, 3600.0])),
        slow_start=draw(probability()),
        failed_start=draw(probability()),
        straggler=draw(probability()),
        node_losses_per_hour=draw(st.sampled_from([0.0, 1200.0, 6000.0])) if bounded else 0.0,
        node_repair_s=draw(st.sampled_from([0.0, 1.5])),
        lost_scrape=draw(probability()),
    )


@st.composite
def physics(draw: st.DrawFn, *, bounded: bool) -> Physics:
    timeout_s = draw(st.sampled_from([0.0, 0.1, 1.0]))
    drop = DropPolicy(
        expired=draw(st.booleans()),
        hopeless=draw(st.booleans()),
        max_queue=draw(st.none() | st.integers(1, 20)),
        max_age_s=draw(st.none() | st.sampled_from([0.2, 1.0, 3.0])),
    )
    return Physics(
        order=draw(st.sampled_from(["fifo", "edf"])),
        batch_timeout_s=timeout_s,
        drop=drop,
        service=draw(st.sampled_from(["measured", "constant", "exponential", "gamma:0.5", "lognormal:2"])),
        keep_alive_s=draw(st.sampled_from([None, None, timeout_s, 2.0])),
        profile_error=draw(st.sampled_from([0.0, 0.0, 0.2, 0.9])),
        arrivals=draw(st.sampled_from(["poisson", "uniform", "gamma:2"])),
        resize_s=draw(st.sampled_from([None, 0.0, 0.3, 1.7])),
        faults=draw(faults(bounded=bounded)) if draw(st.booleans()) else Faults(),
    )


@st.composite
def settings_of(draw: st.DrawFn, stage: Stage, limits: Limits) -> StageSetting:
    names = draw(st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=limits.max_deployments, unique=True))

    def deployment(name: str) -> Deployment:
        return Deployment(
            variant=name,
            replicas=draw(st.integers(1, limits.max_replicas)),
            batch=draw(st.sampled_from(BATCHES)),
            cores=draw(st.none() | st.sampled_from(stage.variant(name).core_choices)),
            weight=draw(st.sampled_from([0.3, 1.0, 2.0])),
        )

    return StageSetting(tuple(map(deployment, names)))


def networks() -> st.SearchStrategy[Network]:
    """Links on which a request is on its way from no time at all to several seconds."""
    values = st.lists(st.sampled_from([0.02, 0.1, 0.5, 4.0]), min_size=1, max_size=EPISODE_S).map(tuple)
    measured = st.builds(BandwidthTrace, name=st.just("drawn"), values=values)
    return st.builds(Network, bandwidth=measured | st.just(FourG()), payload_bytes=st.sampled_from([0.0, 1e4, 3e5]))


@st.composite
def runs(draw: st.DrawFn) -> Run:
    pipeline = draw(pipelines())
    nodes = draw(st.none() | st.lists(st.integers(2, 8), min_size=1, max_size=3).map(tuple))
    limits = Limits(
        max_replicas=draw(st.integers(1, 4)), node_cores=nodes, max_deployments=draw(st.sampled_from([1, 1, 2, 3]))
    )
    configurations = st.tuples(*[settings_of(stage, limits) for stage in pipeline.stages]).map(Configuration)
    scenario = Scenario(
        pipeline=pipeline,
        workload=FixedRates(rates=tuple(draw(st.lists(st.floats(0, 40), min_size=EPISODE_S, max_size=EPISODE_S)))),
        initial=draw(configurations),
        limits=limits,
        physics=draw(physics(bounded=nodes is not None)),
        interval_s=1.0,
        network=draw(st.none() | networks()),
    )
    steps = st.tuples(configurations, st.sampled_from([0.05, 0.7, 1.0, 2.5]))
    return Run(
        scenario=scenario, decisions=draw(st.lists(steps, min_size=1, max_size=12)), seed=draw(st.integers(0, 2**31))
    )
