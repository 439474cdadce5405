"""Every agent on random pipelines under faults: its decisions are legal, and a reset forgets all that was before."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ipagym.agents import AGENTS, make_agent
from ipagym.cluster.sim import CompiledCluster
from ipagym.configuration import Configuration, check
from ipagym.errors import InputError
from ipagym.scenario import Scenario
from tests.stateful.effort import share
from tests.strategies import runs, settings_of
from tests.tiny import scenario, setting

SPECS = [name for name, entry in AGENTS.items() if not entry.needs_argument] + ["ipa:cbc", "hpa:0.05", "hpa:1"]


class Deciders(RuleBasedStateMachine):
    """An agent with a past beside one that was made at the last reset."""

    @initialize(run=runs(), spec=st.sampled_from(SPECS))
    def begin(self, run: Any, spec: str) -> None:
        self.scenario: Scenario = run.scenario
        self.spec, self.cluster = spec, CompiledCluster(run.scenario)
        self.old = make_agent(spec, run.scenario)
        self.cluster.reset(run.seed)
        self.window = self.cluster.advance(1.0)
        self.reset(run.seed)

    @rule(seed=st.integers(0, 2**64))
    def reset(self, seed: int) -> None:
        self.new = make_agent(self.spec, self.scenario)
        for agent in (self.old, self.new):
            agent.reset(self.scenario.pipeline, self.scenario.limits, np.random.default_rng(seed))

    @rule()
    def decide(self) -> None:
        decisions = [agent.decide(self.window) for agent in (self.old, self.new)]
        assert decisions[0] == decisions[1]
        check(decisions[0], self.scenario.pipeline, self.scenario.limits)
        self.cluster.apply(decisions[0])

    @rule(seconds=st.sampled_from([1e-9, 0.3, 1.0, 4.0, 9.5]))
    def wait(self, seconds: float) -> None:
        window = self.cluster.advance(seconds)
        self.window = window if window.scraped else self.window.in_place_of(window)

    @rule(data=st.data())
    def somebody_else_decides(self, data: st.DataObject) -> None:
        stages = [data.draw(settings_of(stage, self.scenario.limits)) for stage in self.scenario.pipeline.stages]
        self.cluster.apply(Configuration(tuple(stages)))

    @rule(seed=st.integers(0, 2**32))
    def begin_another_episode(self, seed: int) -> None:
        self.cluster.reset(seed)
        self.window = self.cluster.advance(1.0)


Deciders.TestCase.settings = share(4, 15)
TestDeciders = Deciders.TestCase


@pytest.mark.parametrize("spec", ["hpa:5e-324", "hpa:1e-309", "hpa:1e-9"])
def test_a_tiny_target_is_refused_at_once_or_can_be_decided_with(spec: str) -> None:
    chosen = scenario((50.0,) * 4, setting(2))
    try:
        agent = make_agent(spec, chosen)
    except InputError:
        return
    cluster = CompiledCluster(chosen)
    agent.reset(chosen.pipeline, chosen.limits, np.random.default_rng(0))
    check(agent.decide(cluster.advance(2.0)), chosen.pipeline, chosen.limits)
