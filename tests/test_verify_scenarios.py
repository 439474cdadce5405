"""`ipagym verify --scenario`: laws that hold for every legal scenario, looked at in bounded work."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from ipagym.cluster.sim import ENGINES, CompiledCluster, SimpyCluster
from ipagym.envs import make_scenario
from ipagym.envs.scenarios import names
from ipagym.model.configuration import Limits, requested_cores
from ipagym.model.latency import LatencyModel
from ipagym.model.validity import check
from ipagym.task.faults import Faults
from ipagym.task.physics import DropPolicy, Physics
from ipagym.task.scenario import Scenario
from ipagym.verification import laws
from ipagym.verification.effects import changes, effects, spread
from ipagym.verification.effort import FAST
from ipagym.verification.excerpt import excerpt, whole
from ipagym.verification.families import all_models
from ipagym.verification.metamorphic import RELATIONS
from ipagym.verification.order import earliest_deadline_first, first_in_first_out
from ipagym.verification.paths import check_paths, check_standing, random_decisions, walk
from ipagym.verification.report import failure_lines
from ipagym.verification.reproducible import REPRODUCIBLE
from ipagym.verification.run import verify
from ipagym.verification.stress_scenarios import all_scenarios
from ipagym.workload.generators import Constant, Step
from ipagym.workload.network import BandwidthTrace, Network
from tests.strategies import Run, runs
from tests.tiny import pipeline, scenario, setting

BOUNDS = FAST.bounds
OTHERS = "another seed, another result, where chance is asked"
ORDER = "requests are served in the order asked for"


def failed(checks: Any) -> set[str]:
    return {check.law.partition(":")[0] for check in checks if not check.passed}


class Unordered(CompiledCluster):
    """Serves in the other order than it is asked for."""

    def __init__(self, scenario: Scenario, **options: Any) -> None:
        other = "fifo" if scenario.physics.order == "edf" else "edf"
        super().__init__(replace(scenario, physics=replace(scenario.physics, order=other)), **options)  # type: ignore[arg-type]


class Stubborn(CompiledCluster):
    """Goes by one seed whatever it is given."""

    def reset(self, seed: int) -> None:
        super().reset(0)


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(runs())
def test_no_random_scenario_is_refused_or_raises_an_alarm(run: Run) -> None:
    assert not list(failure_lines(verify(ENGINES, replace(FAST, seeds=1), scenario=run.scenario, seed0=run.seed)))


@pytest.mark.parametrize(
    ("physics", "asks_chance"),
    [
        (Physics(arrivals="uniform", service="constant"), False),
        (Physics(arrivals="uniform"), False),  # the measured spread of a profile may be none
        (Physics(arrivals="uniform", service="exponential"), True),
        (Physics(arrivals="poisson", service="constant"), True),
    ],
)
def test_seeds_must_differ_where_chance_is_asked_only(physics: Physics, asks_chance: bool) -> None:
    chosen = whole(scenario((2.0,) * 10, physics=physics), "tiny")
    assert not REPRODUCIBLE[OTHERS](chosen, CompiledCluster, 0)
    assert bool(REPRODUCIBLE[OTHERS](chosen, Stubborn, 0)) is asks_chance  # type: ignore[arg-type]


def test_a_load_without_requests_raises_no_alarm() -> None:
    assert not verify(ENGINES, FAST, scenario=scenario((0.0,) * 20)).failures


@pytest.mark.parametrize("name", names())
def test_decisions_keep_to_the_limits_of_every_problem(name: str) -> None:
    problem = make_scenario(name)
    decisions = random_decisions(problem, 0, 30)
    for decision in decisions:
        check(decision, problem.pipeline, problem.limits)
    assert len(set(decisions)) > 15


def test_decisions_keep_to_a_budget_that_few_variants_meet() -> None:
    small = scenario((2.0,) * 40, setting(1), setting(1), limits=Limits(max_replicas=4, max_cores=2))
    decisions = random_decisions(small, 0)
    assert all(requested_cores(decision, small.pipeline) == 2 for decision in decisions)
    assert {each.first.variant for decision in decisions for each in decision.stages} == {"small"}
    assert {each.first.batch for decision in decisions for each in decision.stages} >= {1}


def test_infadapter_is_verified() -> None:
    assert not verify({"compiled": CompiledCluster}, FAST, scenario=make_scenario("infadapter")).failures


LARGE = {
    "a day": scenario((), workload=Constant(rate_rps=20.0, duration_s=86_400), interval_s=10.0),
    "a million requests a second": scenario((), workload=Constant(rate_rps=1e6, duration_s=100)),
    "few requests in 100 days": scenario((), workload=Constant(rate_rps=1e-6, duration_s=8_640_000), interval_s=3600.0),
    "30 stages": scenario((), *[setting()] * 30, workload=Constant(rate_rps=20.0, duration_s=1200), interval_s=10.0),
    "1,000 replicas": scenario((20.0,) * 60, setting(1000), limits=Limits(max_replicas=1000)),
    "intervals of 10 ms": scenario((20.0,) * 60, interval_s=0.01),
    "1,000 nodes that are lost": scenario(
        (20.0,) * 60,
        limits=Limits(max_replicas=4, node_cores=(1,) * 1000),
        physics=Physics(faults=Faults(node_losses_per_hour=7200.0)),
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_of_a_large_scenario_a_bounded_part_is_looked_at_and_the_rest_named(name: str) -> None:
    large = LARGE[name]
    subject = excerpt(large, name, BOUNDS, 0)
    looked_at, stages = subject.scenario, len(large.pipeline.stages)
    rates = looked_at.workload.rates_rps(np.random.default_rng())
    seconds = subject.windows * looked_at.interval_s
    assert 2 <= subject.windows <= BOUNDS.windows
    assert seconds <= min(BOUNDS.seconds, looked_at.workload.duration_s)
    assert rates[0] * stages * seconds <= max(BOUNDS.events, 2 * 0.01 * rates[0] * stages)
    assert looked_at.limits.max_replicas * looked_at.limits.max_deployments * stages <= BOUNDS.replicas
    assert len(looked_at.limits.node_cores or ()) <= BOUNDS.nodes
    assert subject.left_out
    assert excerpt(large, name, BOUNDS, 0) == subject


def test_a_small_scenario_is_looked_at_as_it_is() -> None:
    small = scenario((3.0,) * 20)
    assert excerpt(small, "small", BOUNDS, 0) == whole(small, "small")


def test_an_excerpt_begins_where_the_load_does() -> None:
    late = scenario((), workload=Step(before_rps=0.0, after_rps=50.0, at_s=900, duration_s=1200), interval_s=5.0)
    subject = excerpt(late, "late", BOUNDS, 0)
    assert subject.scenario.workload.rates_rps(np.random.default_rng())[0] == 50.0
    assert subject.left_out == ("100 s from second 900 instead of 1200 s",)


def test_what_was_not_looked_at_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from ipagym.cli import main

    (tmp_path / "day.yaml").write_text("pipeline: video\nworkload: constant:20:86400\nlimits: {max_replicas: 1000}\n")
    assert main(["verify", "--fast", "--engine", "compiled", "--scenario", str(tmp_path / "day.yaml")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "looked at: 30 instead of 1000 replicas of each deployment" in said
    assert "looked at: 150 s from second 0 instead of 86400 s" in said


def test_a_deadline_that_passes_on_the_way_counts_at_the_arrival() -> None:
    """A link of 0.1 MB/s takes 3 s for a request that has 1 s."""
    link = Network(bandwidth=BandwidthTrace(name="slow", values=(0.1,)), payload_bytes=3e5)
    slow = scenario((3.0,) * 10, network=link)
    assert not failed(check_paths(whole(slow, "slow"), ENGINES, range(2)))


def fork() -> Scenario:
    chosen = all_scenarios(40)["fork and join"]
    drop = DropPolicy(hopeless=True, max_queue=5, max_age_s=0.3)
    return replace(chosen, workload=Constant(rate_rps=150.0, duration_s=40), physics=Physics(drop=drop))


def test_copies_that_are_dropped_elsewhere_make_no_replica_look_busy() -> None:
    assert not failed(check_standing(whole(fork(), "fork"), ENGINES, range(2)))


@pytest.mark.parametrize("order", ["fifo", "edf"])
def test_another_order_of_service_is_found(order: Any) -> None:
    behind = all_scenarios(40)["behind a 4G network"]
    chosen = whole(replace(behind, physics=replace(behind.physics, order=order)), "4G")
    assert failed(check_standing(chosen, {"broken": Unordered}, range(2))) == {ORDER}  # type: ignore[dict-item]
    assert not failed(check_standing(chosen, ENGINES, range(2)))


def overtakes(entered: Any, left: Any, deadline: Any) -> bool:
    """By comparison of every request with every other."""
    waiting = (entered[:, np.newaxis] < left) & (left < left[:, np.newaxis])  # [i, j]: i waits when j leaves
    return bool((waiting & (deadline[:, np.newaxis] < deadline)).any())


@pytest.mark.parametrize("seed", range(30))
def test_the_laws_of_order_are_those_of_their_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    entered = rng.integers(0, 8, 6).astype(float)
    left = np.where(rng.random(6) < 0.2, np.inf, entered + rng.integers(0, 4, 6))
    deadline = rng.integers(0, 9, 6).astype(float)
    assert bool(earliest_deadline_first(entered, left, deadline)) is overtakes(entered, left, deadline)
    before = entered[:, np.newaxis] < entered
    assert bool(first_in_first_out(entered, left)) is bool((before & (left[:, np.newaxis] > left)).any())


def test_deadlines_first_is_not_asked_for_fewer_misses() -> None:
    """It serves first what is nearest to its deadline, and lost: the law is about the greatest lateness alone."""
    law = RELATIONS["deadlines first: equal waits, no greater lateness (N)"]
    assert not any(law(CompiledCluster, seed) for seed in range(3))
    assert law(Unordered, 0)  # type: ignore[arg-type]


def test_a_rounding_of_energy_is_no_failure_and_a_debt_is() -> None:
    chosen = scenario((3.0,) * 4)
    path = walk(chosen, CompiledCluster, random_decisions(chosen, 0), 0)
    first, *others = path.windows
    for energy_j, passes in ((-1e-12, True), (-1e-3, False), (float("nan"), False)):
        assert (not laws.plausible(replace(path, windows=[replace(first, energy_j=energy_j), *others]))) is passes


def test_effects_are_looked_at_in_one_stage_alone_and_service_one_by_one() -> None:
    """The batches of the stage are too long for the run, the other stage is too slow for any effect to be seen."""
    long = LatencyModel(average_s={1: 0.01, 64: 60.0}, p99_s={1: 0.01, 64: 60.0})
    plain = pipeline(2)
    quick = replace(plain.stages[0], batches=(64,), variants=(replace(plain.stages[0].variants[0], latency=long),))
    slow = replace(plain.stages[1], variants=(replace(plain.stages[1].variants[0], latency=LatencyModel(
        average_s={1: 2000.0, 2: 3000.0, 4: 4000.0, 8: 5000.0}, p99_s={1: 2000.0, 2: 3000.0, 4: 4000.0, 8: 5000.0}
    )),))  # fmt: skip
    chosen = scenario((1.0,) * 4, setting(1, 64), setting(), pipeline=replace(plain, stages=(quick, slow)))
    found = list(effects(chosen, "both", ("compiled", CompiledCluster), seed=0))
    assert [effect.where for effect in found] == ["both, stage0"]
    assert all(effect.passed for effect in found)


@pytest.mark.parametrize("average_s", [1e-6, 1e-3, 1.0, 400.0])
@pytest.mark.parametrize("engine", [CompiledCluster, SimpyCluster])
def test_effects_hold_at_every_scale_of_time(average_s: float, engine: Any) -> None:
    chosen = scenario((1.0,) * 4, pipeline=pipeline(1, average_s))
    found = list(effects(chosen, "one", ("engine", engine), seed=1))
    assert len(found) == 2
    assert all(effect.passed for effect in found)


def test_as_many_effects_as_may_be_are_spread_over_the_stages() -> None:
    known = changes(scenario((1.0,) * 4, *[setting()] * 30))
    few = spread(known, 20)
    assert len(known) == 60
    assert len({change.stage.name for change in few}) == 20
    assert (few[0], few[-1]) == (known[0], known[-1])


def test_the_engines_are_compared_on_all_of_each_model() -> None:
    for model in all_models():
        chosen = model.scenario(50)
        assert chosen.windows * chosen.interval_s == chosen.workload.duration_s
