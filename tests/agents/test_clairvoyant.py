"""The clairvoyant is optimal where that can be known, is beaten by nobody whom it has seen, and keeps to its plan."""

from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from ipagym.agents import AGENTS, make_agent, suitable
from ipagym.agents.planning.clairvoyant import Clairvoyant, Effort
from ipagym.agents.planning.course import Asked, Course, Rehearsal
from ipagym.agents.planning.exhaustion import best_of_all, configurations
from ipagym.agents.planning.moves import Moves, settings_around
from ipagym.agents.planning.polish import Polish
from ipagym.bench.bound.bound import bound, demand_of
from ipagym.bench.comparison.results import Comparison
from ipagym.bench.comparison.summary import CLAIRVOYANT, bound_line, summarise
from ipagym.bench.episode import Episode, run_episode
from ipagym.bench.storage.store import Store
from ipagym.bench.storage.table import episode_frame
from ipagym.bench.storage.targets import configuration_from, text_of
from ipagym.cluster.sim import CompiledCluster, SimpyCluster
from ipagym.envs import make_scenario
from ipagym.model.configuration import Configuration, Deployment, StageSetting
from ipagym.model.validity import check
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario
from tests.agents.flexible import Steps
from tests.agents.small_problem import LOADS, tiny
from tests.comparing import compare
from tests.strategies import Run, runs


@pytest.fixture(autouse=True)
def _clairvoyant_that_is_soon_content() -> None:
    """Here it is not: its whole effort is what is tested."""


WEAK = Effort(beam=1, polish=0, polish_least=0, every=0)


def every(scenario: Scenario) -> list[Configuration]:
    found = configurations(scenario, 1000)
    assert found is not None
    return found


def rehearsal(scenario: Scenario, seed: int) -> Rehearsal:
    cluster = CompiledCluster(scenario)
    cluster.reset(seed)
    return Rehearsal(scenario, cluster)


SHORT = [rates[:4] for rates in LOADS]


def optimum(scenario: Scenario, seed: int) -> float:
    """The best of all courses, by playing each."""
    stage = rehearsal(scenario, seed)
    return max(stage.played(asked).earned for asked in product(every(scenario), repeat=stage.decisions))


def earned(scenario: Scenario, name: str, seed: int) -> float:
    return float(run_episode(make_agent(name, scenario), CompiledCluster(scenario), scenario, seed).rewards.sum())


@pytest.mark.parametrize("rates", SHORT, ids=str)
def test_on_a_small_problem_the_clairvoyant_is_optimal(rates: tuple[float, ...]) -> None:
    """The agent of that name, not a special one; and nobody earns more, nor the optimum more than the bound."""
    scenario = tiny(rates)
    assert len(every(scenario)) == 8
    best = run_episode(make_agent("clairvoyant", scenario), CompiledCluster(scenario), scenario, 1)
    assert best.rewards.sum() == pytest.approx(optimum(scenario, 1), abs=1e-9)
    assert best.rewards.mean() <= bound(scenario, demand_of(episode_frame(best, scenario)))
    for name in suitable(scenario):
        assert earned(scenario, name, 1) <= best.rewards.sum() + 1e-9, name


@pytest.mark.parametrize("rates", SHORT, ids=str)
def test_what_is_not_tried_could_not_have_been_better(rates: tuple[float, ...]) -> None:
    scenario = tiny(rates)
    stage = rehearsal(scenario, 2)
    worst = stage.played([Configuration((StageSetting.of("v0", 1, 1),))] * 3)
    best = best_of_all(stage, every(scenario), worst)
    assert best.earned == pytest.approx(optimum(scenario, 2), abs=1e-9)
    assert stage.simulated < 3 + 8 + 8**2 + 8**3, "branches without hope are left"


def test_local_search_comes_near_the_optimum_and_repeats_itself() -> None:
    scenario = tiny(SHORT[1])
    worst: Asked = (Configuration((StageSetting.of("v0", 1, 1),)),) * 3

    def polished() -> Course:
        stage = rehearsal(scenario, 1)
        moves = Moves(scenario, [], np.random.default_rng(0))
        return Polish(stage, stage.played(worst)).improve(moves, 1500)

    found = polished()
    assert found == polished()
    assert found.earned == pytest.approx(optimum(scenario, 1), rel=0.01)
    assert found.earned == pytest.approx(rehearsal(scenario, 1).played(found.asked).earned, abs=1e-9)


@pytest.mark.parametrize("name", ["infadapter", "joint", "nlp"])
def test_moves_keep_to_the_limits_and_reach_every_knob(name: str) -> None:
    scenario = make_scenario(name)
    asked: Asked = (scenario.initial,) * 6
    moves, weights = Moves(scenario, [asked], np.random.default_rng(0)), np.full(6, 1 / 6)
    seen, are_mixed = set(), False
    for _ in range(400):
        asked = moves.from_course(asked, weights)
        for configuration in asked:
            check(configuration, scenario.pipeline, scenario.limits)
            seen |= {each for stage in configuration.stages for each in stage.deployments}
            are_mixed |= any(len(stage.deployments) > 1 for stage in configuration.stages)
    assert len({each.variant for each in seen}) == sum(len(s.variants) for s in scenario.pipeline.stages)
    assert len({each.replicas for each in seen}) > 1 or scenario.limits.max_replicas == 1
    assert are_mixed == (scenario.limits.max_deployments > 1)


def test_a_set_of_deployments_has_neighbours() -> None:
    scenario = make_scenario("infadapter")
    one = StageSetting.of("resnet18", 1, 1, 4)
    pair = StageSetting((*one.deployments, Deployment("resnet50", 1, 1, 8, 2.0)))
    around = list(settings_around(pair, scenario.pipeline.stages[0], scenario))
    assert one in around, "one may go"
    assert any(len(each.deployments) == 3 for each in around), "one may come"
    assert any({d.weight for d in each.deployments} == {1.0, 4.0} for each in around), (
        "requests may be shared otherwise"
    )
    assert any({d.cores for d in each.deployments} == {4, 9} for each in around)


def test_the_clairvoyant_does_no_worse_than_those_it_learns_from() -> None:
    scenario = make_scenario("video")
    rates = scenario.workload.rates_rps(np.random.default_rng(0))[300:500]
    scenario = replace(scenario, workload=Steps(rates=tuple(rates.tolist()), each_s=1))
    strong = Effort(beam=1, polish=40, polish_least=0, every=0)

    def played(*known: Asked, effort: Effort) -> Episode:
        return run_episode(Clairvoyant(scenario, effort), CompiledCluster(scenario), scenario, 0, courses=known)

    other = played(effort=strong)
    course = tuple(window.configuration for window in other.windows)
    earned = float(other.rewards.sum())
    assert played(effort=WEAK).rewards.sum() < earned - 1e-6, "this one is weak"
    assert played(course, effort=WEAK).rewards.sum() >= earned - 1e-9
    assert played(course, effort=strong).rewards.sum() >= earned - 1e-9


def compared(scenario: Scenario, out: Path, *names: str, workers: int = 1) -> Comparison:
    agents = {name: partial(make_agent, name, scenario) for name in names}
    return compare(scenario, agents, seeds=[0, 1], out=out, make_cluster=CompiledCluster, workers=workers)


def test_in_a_comparison_the_clairvoyant_comes_last_and_is_kept_by_whom_it_learnt_from(tmp_path: Path) -> None:
    scenario, out = tiny(SHORT[1]), tmp_path / "a"
    found = compared(scenario, out, CLAIRVOYANT, "hpa", "greedy")
    content = (out / "windows.parquet").read_bytes()
    regrets = [summary.estimates["regret"].mean for summary in found.summaries]
    assert regrets[0] == 0.0
    assert min(regrets) >= -1e-12
    most = found.summaries[0].estimates["bound"].mean
    assert found.summaries[0].estimates["reward"].mean <= most
    assert f"earns more than {most:.2f}" in bound_line(found.summaries)[0]
    path = Store(out, scenario).path(CLAIRVOYANT, 0)
    written = path.stat().st_mtime_ns
    compared(scenario, out, CLAIRVOYANT, "hpa", "greedy")
    assert path.stat().st_mtime_ns == written, "it learnt from the same"
    assert (out / "windows.parquet").read_bytes() == content
    compared(scenario, out, CLAIRVOYANT, "hpa", "greedy", "static-max")
    assert path.stat().st_mtime_ns != written, "there is another course to learn from"
    compared(scenario, tmp_path / "b", "greedy", CLAIRVOYANT, "hpa", workers=2)
    again = {s.agent: s.estimates["reward"] for s in found.summaries}
    assert (tmp_path / "b" / "summary.csv").read_text().count("\n") == 4
    other = compared(scenario, tmp_path / "b", "greedy", CLAIRVOYANT, "hpa")
    assert {s.agent: s.estimates["reward"] for s in other.summaries} == again, "neither order nor processes matter"


def test_what_was_asked_for_is_stored_to_the_last_knob() -> None:
    three = Deployment("c", 1, 4, 8, 0.3)
    several = StageSetting((Deployment("a", 2, 1, None, 0.1), Deployment("b", np.int64(3), 2, 1), three))  # type: ignore[arg-type]
    one = Configuration((several, StageSetting((three,))))
    assert configuration_from(text_of(one)) == one
    for broken in ("", "[1]", "[{}]", '[{"deployments": [{"variant": "a", "beside": []}]}]', "{"):
        with pytest.raises((ValueError, TypeError, KeyError)):
            configuration_from(broken)


@pytest.mark.parametrize("engine", [CompiledCluster, SimpyCluster])
def test_the_clairvoyant_earns_what_it_planned(engine: type) -> None:
    scenario = tiny(LOADS[0])
    effort = Effort(polish=20, polish_least=0, every=0)
    agent, cluster = Clairvoyant(scenario, effort), engine(scenario)
    first = run_episode(agent, cluster, scenario, 3)
    again = run_episode(agent, cluster, scenario, 3)
    assert first.rewards.tolist() == again.rewards.tolist()
    reference = run_episode(Clairvoyant(scenario, effort), CompiledCluster(scenario), scenario, 3)
    assert first.rewards.tolist() == reference.rewards.tolist()


def test_regret_is_taken_on_the_same_seeds() -> None:
    keys = ("pas_percent", "cores", "violation_percent", "drop_percent", "latency_p50_s", "latency_p99_s")
    calm = dict.fromkeys((*keys, "decision_ms"), 1.0)
    metrics = {CLAIRVOYANT: [calm | {"reward": 5.0}, calm | {"reward": 3.0}], "hpa": [calm | {"reward": 1.0}] * 2}
    found = {summary.agent: summary.estimates["regret"].mean for summary in summarise(metrics)}
    assert found == {CLAIRVOYANT: 0.0, "hpa": 3.0}
    assert "regret" not in summarise({"hpa": metrics["hpa"]})[0].estimates
    assert CLAIRVOYANT in AGENTS


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(run=runs())
def test_no_course_that_a_search_finds_exceeds_the_bound(run: Run) -> None:
    """Of random scenarios with everything that the physics knows."""
    scenario, cluster = run.scenario, CompiledCluster(run.scenario)
    cluster.reset(run.seed)
    stage = Rehearsal(scenario, cluster)
    asked = tuple(run.decisions[t % len(run.decisions)][0] for t in range(stage.decisions))
    found = Polish(stage, stage.played(asked)).improve(Moves(scenario, [], np.random.default_rng(0)), 400)

    class Planned:
        def reset(self, *_: object) -> None:
            self.left = list(found.asked)

        def decide(self, window: Window) -> Configuration:
            return self.left.pop(0)

    episode = run_episode(Planned(), CompiledCluster(scenario), scenario, run.seed)
    assert episode.rewards.sum() == pytest.approx(found.earned, abs=1e-9)
    assert episode.rewards.mean() <= bound(scenario, demand_of(episode_frame(episode, scenario))) + 1e-9
