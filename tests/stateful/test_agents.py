"""Random walks of agents over clusters on which much goes wrong."""

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ipagym.agents import AGENTS, make_agent
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs import make_scenario
from ipagym.model.configuration import Limits
from ipagym.model.validity import check
from ipagym.task.faults import MIXTURES
from ipagym.task.physics import DropPolicy, Physics
from ipagym.workload.generators import Constant

VIDEO = make_scenario("video")
NAMES = [name for name, entry in AGENTS.items() if not entry.needs_argument and entry.suits(VIDEO)]
NAMES.remove("clairvoyant")  # it needs to be shown the future


def chosen_scenario(rate_rps: float, nodes: tuple[int, ...] | None, keep_alive_s: float | None) -> Any:
    """The video pipeline on a bad day."""
    physics = Physics(
        batch_timeout_s=0.1,
        drop=DropPolicy(max_queue=300),
        keep_alive_s=keep_alive_s,
        faults=MIXTURES["harsh"] if nodes else MIXTURES["none"],
    )
    load = Constant(rate_rps=rate_rps, duration_s=300)
    return make_scenario("video", load, limits=Limits(max_replicas=6, node_cores=nodes), physics=physics)


class Agents(RuleBasedStateMachine):
    """One agent, twice: its decisions are legal, and the same from the same seed."""

    @initialize(
        name=st.sampled_from(NAMES),
        rate_rps=st.sampled_from([0.0, 0.1, 5.0, 40.0, 400.0]),
        nodes=st.sampled_from([None, (16, 16), (3,)]),
        keep_alive_s=st.sampled_from([None, 1.0]),
    )
    def begin(self, name: str, rate_rps: float, nodes: tuple[int, ...] | None, keep_alive_s: float | None) -> None:
        self.scenario = chosen_scenario(rate_rps, nodes, keep_alive_s)
        self.pair = [make_agent(name, self.scenario) for _ in range(2)]
        self.cluster = CompiledCluster(self.scenario)
        self.reset(0)

    @rule(seed=st.integers(0, 2**32))
    def reset(self, seed: int) -> None:
        for agent in self.pair:
            agent.reset(self.scenario.pipeline, self.scenario.limits, np.random.default_rng(seed))
        self.cluster.reset(seed)
        self.window = self.cluster.advance(10.0)

    @rule(seconds=st.sampled_from([0.5, 10.0, 33.0]))
    def decide(self, seconds: float) -> None:
        decisions = [agent.decide(self.window) for agent in self.pair]
        assert decisions[0] == decisions[1]
        check(decisions[0], self.scenario.pipeline, self.scenario.limits)
        self.cluster.apply(decisions[0])
        window = self.cluster.advance(seconds)
        self.window = window if window.scraped else self.window.known_at(window, is_new=False)


Agents.TestCase.settings = settings(max_examples=max(15, settings.default.max_examples // 10), stateful_step_count=15)  # type: ignore[union-attr]
TestAgents = Agents.TestCase
