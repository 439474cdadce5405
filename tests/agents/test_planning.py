"""Values to go are right, the twin keeps up, and searching ahead pays."""

from dataclasses import replace

import numpy as np
import pytest

from ipagym.agents import make_agent
from ipagym.agents.learned.q_learning import BUCKET, PlannedReward, QLearning
from ipagym.agents.planning.exhaustion import configurations
from ipagym.agents.planning.fluid import costs_of_change, rewards, values_to_go
from ipagym.agents.planning.twin import Twin, expected_late
from ipagym.bench.episode import run_episode
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs import make_scenario
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from tests.agents.flexible import Steps, flexible_pipeline
from tests.agents.small_problem import LOADS, tiny
from tests.pipelines import one_each, window


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


def test_values_to_go_are_those_of_bellman() -> None:
    scenario = tiny(LOADS[0])
    pool, rates = configurations(scenario, 1000), np.array([3.0, 40.0, 3.0])
    assert pool is not None
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
    busy = Configuration((StageSetting.of("v0", 2, 4),))
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
    rates = whole.workload.rates_rps(np.random.default_rng(0))[300:500]
    scenario = replace(whole, workload=Steps(rates=tuple(rates.tolist()), each_s=1))
    totals = [
        sum(
            run_episode(make_agent(agent, scenario), CompiledCluster(scenario), scenario, k).rewards.sum()
            for k in (0, 1)
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
