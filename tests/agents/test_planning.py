"""The clairvoyant cannot be beaten, the twin keeps up, and searching ahead pays."""

from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from ipagym.agents import AGENTS, make_agent, suitable
from ipagym.agents.learned.q_learning import BUCKET, PlannedReward, QLearning
from ipagym.agents.planning.clairvoyant import Clairvoyant, Effort
from ipagym.agents.planning.course import Asked, Course, Rehearsal
from ipagym.agents.planning.exhaustion import best_of_all, configurations
from ipagym.agents.planning.fluid import costs_of_change, rewards, values_to_go
from ipagym.agents.planning.moves import Moves, settings_around
from ipagym.agents.planning.polish import Polish
from ipagym.agents.planning.twin import Twin, expected_late
from ipagym.bench.asked import configuration_from, text_of
from ipagym.bench.bound import bound, demand_of
from ipagym.bench.compare import Comparison, compare
from ipagym.bench.episode import run_episode
from ipagym.bench.store import Store
from ipagym.bench.summary import CLAIRVOYANT, bound_line, summarise
from ipagym.bench.table import episode_frame
from ipagym.cluster.sim import CompiledCluster, SimpyCluster
from ipagym.configuration import Configuration, Limits, StageSetting, check
from ipagym.envs import make_scenario
from ipagym.errors import InputError
from ipagym.objective import Objective
from ipagym.pipeline import Pipeline
from ipagym.scenario import Scenario
from tests.agents.flexible import Steps, flexible_pipeline
from tests.pipelines import one_each, small_pipeline, window


def tiny(rates: tuple[float, ...], seed_objective: Objective | None = None) -> Scenario:
    """One stage, two variants, at most two replicas, batches of 1 and 4: eight configurations, four decisions."""
    whole = small_pipeline(1, 2)
    stage = replace(whole.stages[0], batches=(1, 4))
    pipeline: Pipeline = replace(whole, stages=(stage,))
    return Scenario(
        pipeline=pipeline,
        workload=Steps(rates=rates, each_s=10),
        initial=one_each(pipeline),
        limits=Limits(max_replicas=2),
        objective=seed_objective or Objective(alpha=10.0),
        interval_s=10.0,
    )


LOADS = [(5.0, 5.0, 30.0, 5.0, 5.0), (20.0, 1.0, 20.0, 1.0, 20.0), (8.0, 16.0, 24.0, 0.0, 12.0)]


WEAK = Effort(beam=1, polish=0, every=0)


def every(scenario: Scenario) -> list[Configuration]:
    found = configurations(scenario, 1000)
    assert found is not None
    return found


def rehearsal(scenario: Scenario, seed: int) -> Rehearsal:
    cluster = CompiledCluster(scenario)
    cluster.reset(seed)
    return Rehearsal(scenario, cluster)


def optimum(scenario: Scenario, seed: int) -> float:
    """The best of all courses, by playing each."""
    stage = rehearsal(scenario, seed)
    return max(stage.played(asked).earned for asked in product(every(scenario), repeat=stage.decisions))


def earned(scenario: Scenario, name: str, seed: int) -> float:
    return float(run_episode(make_agent(name, scenario), CompiledCluster(scenario), scenario, seed).rewards.sum())


@pytest.mark.parametrize("rates", LOADS, ids=str)
def test_on_a_small_problem_the_clairvoyant_is_optimal(rates: tuple[float, ...]) -> None:
    """The agent of that name, not a special one; and nobody earns more, nor the optimum more than the bound."""
    scenario = tiny(rates)
    assert len(every(scenario)) == 8
    best = run_episode(make_agent("clairvoyant", scenario), CompiledCluster(scenario), scenario, 1)
    assert best.rewards.sum() == pytest.approx(optimum(scenario, 1), abs=1e-9)
    assert best.rewards.mean() <= bound(scenario, demand_of(episode_frame(best, scenario)))
    for name in suitable(scenario):
        assert earned(scenario, name, 1) <= best.rewards.sum() + 1e-9, name


@pytest.mark.parametrize("rates", LOADS, ids=str)
def test_what_is_not_tried_could_not_have_been_better(rates: tuple[float, ...]) -> None:
    scenario = tiny(rates)
    stage = rehearsal(scenario, 2)
    worst = stage.played([Configuration((StageSetting("v0", 1, 1),))] * 4)
    best = best_of_all(stage, every(scenario), worst)
    assert best.earned == pytest.approx(optimum(scenario, 2), abs=1e-9)
    assert stage.simulated < 4 + 8 + 8**2 + 8**3 + 8**4, "branches without hope are left"


def test_local_search_comes_near_the_optimum_and_repeats_itself() -> None:
    scenario = tiny(LOADS[1])
    worst: Asked = (Configuration((StageSetting("v0", 1, 1),)),) * 4

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
    seen = set()
    for _ in range(400):
        asked = moves.from_course(asked, weights)
        for configuration in asked:
            check(configuration, scenario.pipeline, scenario.limits)
            seen |= {setting for stage in configuration.stages for setting in stage.deployments}
    assert len({setting.variant for setting in seen}) == sum(len(s.variants) for s in scenario.pipeline.stages)
    assert len({setting.replicas for setting in seen}) > 1 or scenario.limits.max_replicas == 1
    assert any(setting.beside for setting in seen) == (scenario.limits.max_deployments > 1)


def test_a_set_of_deployments_has_neighbours() -> None:
    scenario = make_scenario("infadapter")
    one = StageSetting("resnet18", 1, 1, 4)
    pair = replace(one, beside=(StageSetting("resnet50", 1, 1, 8, 2.0),))
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
    others = [run_episode(make_agent(n, scenario), CompiledCluster(scenario), scenario, 0) for n in ("mpc", "nexus")]
    courses = [tuple(window.configuration for window in each.windows) for each in others]

    def planned(*known: Asked, effort: Effort = WEAK) -> float:
        agent, cluster = Clairvoyant(scenario, effort), CompiledCluster(scenario)
        return float(run_episode(agent, cluster, scenario, 0, courses=known).rewards.sum())

    assert planned() < max(float(each.rewards.sum()) for each in others), "this one is weak"
    assert planned(*courses) >= max(float(each.rewards.sum()) for each in others) - 1e-9
    assert planned(*courses, effort=Effort(beam=1, polish=40, every=0)) > planned(*courses) + 1e-6


def compared(scenario: Scenario, out: Path, *names: str, workers: int = 1) -> Comparison:
    agents = {name: partial(make_agent, name, scenario) for name in names}
    return compare(scenario, agents, seeds=[0, 1], out=out, make_cluster=CompiledCluster, workers=workers)


def test_in_a_comparison_the_clairvoyant_comes_last_and_is_kept_by_whom_it_learnt_from(tmp_path: Path) -> None:
    scenario, out = tiny(LOADS[1]), tmp_path / "a"
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
    three = StageSetting("c", 1, 4, 8, 0.3)
    one = Configuration((StageSetting("a", 2, 1, None, 0.1, (StageSetting("b", np.int64(3), 2, 1), three)), three))
    assert configuration_from(text_of(one)) == one
    for broken in ("", "[1]", "[{}]", '[{"variant": "a", "beside": []}]', "{"):
        with pytest.raises((ValueError, TypeError, KeyError)):
            configuration_from(broken)


@pytest.mark.parametrize("engine", [CompiledCluster, SimpyCluster])
def test_the_clairvoyant_earns_what_it_planned(engine: type) -> None:
    scenario = tiny(LOADS[0])
    effort = Effort(polish=20, every=0)
    agent, cluster = Clairvoyant(scenario, effort), engine(scenario)
    first = run_episode(agent, cluster, scenario, 3)
    again = run_episode(agent, cluster, scenario, 3)
    assert first.rewards.tolist() == again.rewards.tolist()
    reference = run_episode(Clairvoyant(scenario, effort), CompiledCluster(scenario), scenario, 3)
    assert first.rewards.tolist() == reference.rewards.tolist()


@pytest.mark.parametrize("name", ["clairvoyant", "ipa:oracle", "joint:cbc+oracle"])
def test_who_knows_the_future_needs_one_to_know(name: str) -> None:
    scenario = tiny(LOADS[0])
    agent = make_agent(name, scenario)
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    with pytest.raises(InputError, match="simulated cluster"):
        agent.decide(CompiledCluster(scenario).advance(scenario.interval_s))


@pytest.mark.parametrize("name", ["ipa:oracle", "joint:oracle", "mpc:oracle", "q-learning:oracle", "ipa:oracle@b=1"])
def test_the_oracle_of_an_agent_sees_a_rise_before_it_comes(name: str) -> None:
    quiet, busy = (
        replace(tiny(rates), limits=Limits(max_replicas=8)) for rates in ((4.0,) * 6, (4.0,) * 4 + (60.0,) * 2)
    )
    decided = []
    for scenario in (quiet, busy):
        agent = make_agent(name, scenario)
        for _ in range(2):
            episode = run_episode(agent, CompiledCluster(scenario), scenario, 0)
            decided.append([window.configuration for window in episode.windows])
    assert decided[::2] == decided[1::2], "what was foretold holds for its own episode"
    assert decided[0][:1] == decided[2][:1]
    more = [decided[0][t] != decided[2][t] for t in range(1, 3)]
    assert any(more), "nothing of the rise at 40 s was known before it"


def test_regret_is_taken_on_the_same_seeds() -> None:
    keys = ("pas_percent", "cores", "violation_percent", "drop_percent", "latency_p50_s", "latency_p99_s")
    calm = dict.fromkeys((*keys, "decision_ms"), 1.0)
    metrics = {CLAIRVOYANT: [calm | {"reward": 5.0}, calm | {"reward": 3.0}], "hpa": [calm | {"reward": 1.0}] * 2}
    found = {summary.agent: summary.estimates["regret"].mean for summary in summarise(metrics)}
    assert found == {CLAIRVOYANT: 0.0, "hpa": 3.0}
    assert "regret" not in summarise({"hpa": metrics["hpa"]})[0].estimates
    assert CLAIRVOYANT in AGENTS


def test_values_to_go_are_those_of_bellman() -> None:
    scenario = tiny(LOADS[0])
    pool, rates = every(scenario), np.array([3.0, 40.0, 3.0])
    setting = {"pipeline": scenario.pipeline, "objective": scenario.objective}
    earned = rewards(pool, rates, **setting)  # type: ignore[arg-type]
    change = costs_of_change(pool, interval_s=10.0, **setting)  # type: ignore[arg-type]
    to_go = values_to_go(pool, rates, interval_s=10.0, **setting)  # type: ignore[arg-type]
    ways = [
        -change[0, a] + earned[0, a] - change[a, b] + earned[1, b] - change[b, c] + earned[2, c]
        for a in range(8)
        for b in range(8)
        for c in range(8)
    ]
    assert to_go[0, 0] == pytest.approx(max(ways))
    assert change.diagonal().tolist() == [0.0] * 8
    assert earned[1].argmax() != earned[0].argmax(), "more load asks for more"


def test_another_load_can_be_expected() -> None:
    scenario = replace(tiny((5.0, 5.0, 5.0)), physics=replace(tiny((5.0,) * 3).physics, arrivals="uniform"))
    cluster = CompiledCluster(scenario)
    cluster.reset(0)
    assert cluster.advance(10.0).arrivals == 50
    cluster.expect(np.array([0.0] * 5 + [20.0] * 5))
    seen = cluster.advance(10.0)
    assert seen.arrivals_per_s.tolist() == [0] * 5 + [20] * 5
    assert cluster.advance(10.0).arrivals == 50
    with pytest.raises(InputError, match="goes on for 0 s"):
        cluster.expect(np.ones(1))
    cluster.reset(0)
    with pytest.raises(InputError, match="finite"):
        cluster.expect(np.array([-1.0]))
    with pytest.raises(InputError, match="network"):
        CompiledCluster(make_scenario("sponge")).expect(np.ones(1))


def test_what_is_expected_is_what_comes_where_it_was_the_load_anyway() -> None:
    scenario = tiny(LOADS[0])
    told, left_alone = CompiledCluster(scenario), CompiledCluster(scenario)
    for cluster in (told, left_alone):
        cluster.reset(7)
        cluster.advance(13.0)
    told.expect(scenario.workload.rates_rps(np.random.default_rng(0))[13:])
    ours, theirs = told.advance(30.0), left_alone.advance(30.0)
    assert ours.arrivals_per_s.tolist() == theirs.arrivals_per_s.tolist()
    assert ours.latency_s.tolist() == theirs.latency_s.tolist()


def test_the_twin_follows_what_it_is_told() -> None:
    scenario = tiny((6.0,) * 5)
    twin = Twin(scenario, scenario.initial, 30)
    cluster = CompiledCluster(scenario)
    cluster.reset(1)
    busy = Configuration((StageSetting("v0", 2, 4),))
    for _ in range(3):
        twin.follow(cluster.advance(10.0))
        cluster.apply(busy)
    twin.look_ahead(np.full(30, 60.0))
    overloaded = twin.reward(busy, 30.0, np.zeros(0))
    twin.look_ahead(np.full(30, 6.0))
    assert twin.reward(busy, 30.0, np.zeros(0)) > overloaded
    for step in range(40):
        twin.follow(window(busy, start_s=10.0 * step))
    assert np.isfinite(twin.reward(busy, 30.0, np.zeros(0))), "it begins anew where it has lived for too long"


def test_ways_make_requests_late() -> None:
    latency, ways = np.array([0.2, 0.5, 0.9]), np.array([0.0, 0.2, 0.4, 0.6])
    assert expected_late(latency, np.zeros(0), 0.8) == 1.0
    assert expected_late(latency, ways, 0.8) == pytest.approx(0 / 4 + 2 / 4 + 4 / 4)


@pytest.mark.parametrize("name", ["video", "joint"])
def test_searching_ahead_pays(name: str) -> None:
    whole = make_scenario(name)
    rates = whole.workload.rates_rps(np.random.default_rng(0))[300:600]
    scenario = replace(whole, workload=Steps(rates=tuple(rates.tolist()), each_s=1))
    totals = [
        sum(
            run_episode(make_agent(agent, scenario), CompiledCluster(scenario), scenario, k).rewards.sum()
            for k in (0, 1, 2)
        )
        for agent in ("clairvoyant", "mpc", "hpa")
    ]
    assert totals == sorted(totals, reverse=True)


def test_q_learning_comes_near_the_best_state() -> None:
    pipeline, limits, objective = flexible_pipeline(1), Limits(max_replicas=4), Objective(alpha=20.0)
    agent = QLearning(objective=objective)
    agent.reset(pipeline, limits, np.random.default_rng(0))
    found = agent.decide(window(one_each(pipeline), arrivals_per_s=[20] * 10))
    model = PlannedReward(pipeline, limits, objective)
    model.plan_for(BUCKET**21.5)  # the bucket of 20 requests per second
    every = [((v, n, b),) for v in range(3) for n in range(1, 5) for b in range(4)]
    values = sorted((model.reward(state) for state in every), reverse=True)
    assert model.reward(model.state_of(found)) in values[:3]
    assert model.move(((0, 1, 0),), 0) == ((2, 1, 0),), "variants go round"
    assert model.move(((0, 1, 0),), 2) == ((0, 1, 0),), "replicas stop"
    assert model.move(((0, 1, 0),), model.actions - 1) == ((0, 1, 0),)
