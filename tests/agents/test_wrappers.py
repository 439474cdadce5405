"""Agents around agents have the abilities of the agent inside, besides those that they add."""

import pickle
from collections.abc import Callable
from copy import deepcopy
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from ipagym.agents import make_agent
from ipagym.agents.common.fleet import OnFleet, lightest
from ipagym.agents.common.wrapper import ABILITIES, Wrapper
from ipagym.agents.wrappers.foretold import Foretold
from ipagym.agents.wrappers.pinned import Pinned, Pins
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs import make_scenario
from ipagym.forecast.oracle import Oracle
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from tests.pipelines import one_each, small_pipeline, window


class Plain:
    """Leaves all as it is, and keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        self.told.append("reset")

    def decide(self, window: Window) -> Configuration:
        return window.configuration


def foresee(self: Plain, double: object, rates_rps: object) -> None:
    self.told.append("foresee")


def learn(self: Plain, courses: object) -> None:
    self.told.append("learn")


def holds(self: Plain, found: Configuration) -> Configuration:
    self.told.append("holds")
    return found


METHODS: dict[str, Callable[..., Any]] = {"foresee": foresee, "learn": learn, "holds": holds}
SETS = [frozenset(names) for size in range(len(METHODS) + 1) for names in combinations(METHODS, size)]
KINDS = {names: type("_".join(["Able", *sorted(names)]), (Plain,), {n: METHODS[n] for n in names}) for names in SETS}
globals().update({kind.__name__: kind for kind in KINDS.values()})  # so that they can be pickled

WRAPPERS: dict[str, tuple[Callable[[Agent], Wrapper], set[str]]] = {
    "wrapper": (Wrapper, set()),
    "pinned": (lambda agent: Pinned(agent, Pins(None, {"replicas": 2})), {"holds"}),
    "foretold": (lambda agent: Foretold(agent, Oracle(np.zeros(0), horizon_s=20)), {"foresee"}),
    "fleet": (lambda agent: OnFleet(agent, lightest, 5.0), {"holds"}),
    "pinned fleet": (lambda agent: Pinned(OnFleet(agent, lightest, 5.0), Pins(None, {"batch": 2})), {"holds"}),
}


def use(agent: Any, names: set[str]) -> None:
    arguments = {"foresee": (None, np.ones(10)), "learn": ((),), "holds": (one_each(small_pipeline()),)}
    agent.reset(small_pipeline(), Limits(), np.random.default_rng(0))
    for name in sorted(names):
        getattr(agent, name)(*arguments[name])


@pytest.mark.parametrize("kind", WRAPPERS)
@pytest.mark.parametrize("names", SETS, ids=lambda names: "+".join(sorted(names)) or "none")
def test_a_wrapper_has_the_abilities_of_the_agent_and_those_it_adds(kind: str, names: frozenset[str]) -> None:
    wrap, added = WRAPPERS[kind]
    agent = KINDS[names]()
    wrapper = wrap(agent)
    assert isinstance(wrapper, Agent)
    assert {name for name, ability in ABILITIES.items() if isinstance(wrapper, ability)} == names | added
    use(wrapper, names | added)  # type: ignore[arg-type]
    assert set(agent.told) >= ({"reset"} | names) - ({"holds"} if "fleet" in kind else set())


@pytest.mark.parametrize("again", [deepcopy, lambda wrapper: pickle.loads(pickle.dumps(wrapper))])
def test_the_abilities_of_a_copy_are_those_of_the_copied_agent(again: Callable[[Wrapper], Any]) -> None:
    wrapper = Wrapper(KINDS[frozenset(METHODS)]())
    copied = again(wrapper)
    use(copied, set(METHODS))
    assert copied.agent.told == ["reset", "foresee", "holds", "learn"]
    assert wrapper.agent.told == []  # type: ignore[attr-defined]


def test_an_agent_that_changes_nothing_is_asked_as_it_is() -> None:
    wrapper = Wrapper(Plain())
    seen = window(one_each(small_pipeline()))
    assert wrapper.decide(seen) == seen.configuration


@pytest.mark.parametrize(
    ("spec", "abilities"),
    [
        ("hpa@n=2", {"holds"}),
        ("clairvoyant@n=2", {"foresee", "learn", "holds"}),
        ("ipa:oracle", {"foresee"}),
        ("ipa:oracle@b=1", {"foresee", "holds"}),
        ("rim", {"holds"}),
        ("rim@b=1", {"holds"}),
    ],
)
def test_abilities_by_name(spec: str, abilities: set[str]) -> None:
    agent = make_agent(spec, make_scenario("video", "constant:5:60"))
    assert {name for name, ability in ABILITIES.items() if isinstance(agent, ability)} == abilities


def test_no_cluster_is_forked_for_a_pinned_agent_that_is_shown_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from ipagym.bench.episode import run_episode

    scenario = make_scenario("video", "constant:5:60")
    forks = []
    fork = CompiledCluster.fork
    monkeypatch.setattr(CompiledCluster, "fork", lambda cluster: forks.append(1) or fork(cluster))  # type: ignore[func-returns-value]
    run_episode(make_agent("hold@n=2", scenario), CompiledCluster(scenario), scenario, 0)
    assert forks == []
    run_episode(make_agent("ipa:oracle@n=2", scenario), CompiledCluster(scenario), scenario, 0)
    assert forks == [1]
