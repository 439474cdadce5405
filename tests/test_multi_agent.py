"""Several agents, one to a stage: PettingZoo's contract, and the same episodes as for a single agent."""

import sys
import warnings
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pettingzoo")
with warnings.catch_warnings():  # PettingZoo's tests import what PettingZoo advises against
    warnings.simplefilter("ignore", DeprecationWarning)
    from pettingzoo.test import parallel_api_test, parallel_seed_test

from ipagym.envs import ServingEnv, make_env
from ipagym.envs.multi_agent import ServingParallelEnv, parallel_env
from ipagym.envs.scenarios import names
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.system.errors import InputError
from tests.tiny import pipeline, scenario, setting, variant


def short(name: str) -> ServingParallelEnv:
    return parallel_env(name, "constant:5:60" if name != "infadapter" else "constant:5:180", faults="harsh")


@pytest.mark.parametrize("name", names())
def test_pettingzoo_finds_nothing_to_complain_about(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(short(name), num_cycles=120)
        parallel_seed_test(lambda: short(name), num_cycles=20)
    assert "Passed" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["video", "nlp", "infadapter"])
def test_the_joint_episode_is_that_of_a_single_agent(name: str) -> None:
    several = short(name)
    single = make_env(name, "constant:5:60" if name != "infadapter" else "constant:5:180", faults="harsh")
    observations, _ = several.reset(seed=7)
    whole, _ = single.reset(seed=7)
    single.action_space.seed(7)
    while several.agents:
        assert np.array_equal(several.state(), whole)
        for agent in several.agents:
            own = dict(zip(several.observation_names(agent), observations[agent], strict=True))
            assert own == {entry: dict(zip(single.observation_names, whole, strict=True))[entry] for entry in own}
        action = single.action_space.sample()
        sizes = [len(several.action_space(agent).nvec) for agent in several.agents]
        parts = np.split(action, np.cumsum(sizes)[:-1])
        whole, reward, _, truncated, _ = single.step(action)
        observations, rewards, _, truncations, infos = several.step(dict(zip(several.agents, parts, strict=True)))
        assert set(rewards.values()) == {reward}
        assert set(truncations.values()) == {truncated}
        for info in infos.values():
            assert info["window"]["arrivals"] == single.history[-1].arrivals
    assert len(several.env.history) == single.scenario.windows


def forked() -> Pipeline:
    """a -> b and c -> d; b has nothing to decide."""
    choices = (variant("small", 0.1), variant("big", 0.2, cores=2, accuracy=0.7))
    after = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}
    stages = tuple(
        Stage(name=name, variants=choices[: 1 if name == "b" else 2], batches=(1,), after=after[name]) for name in after
    )
    return replace(pipeline(), stages=stages)


def test_an_agent_sees_the_pipeline_its_stage_and_its_neighbours() -> None:
    chosen = scenario((5.0,) * 6, *[setting()] * 4)
    chosen = replace(chosen, pipeline=forked(), limits=replace(chosen.limits, max_replicas=1))
    env = ServingParallelEnv(ServingEnv(chosen))
    assert env.possible_agents == ["a", "c", "d"]
    seen = {agent: env.observation_names(agent) for agent in env.possible_agents}
    assert {entry.split(".")[0] for entry in seen["c"] if "." in entry} == {"a", "c", "d"}
    assert "rate" in seen["c"]
    assert "c.draining" in seen["c"]
    assert "a.queue" in seen["c"]
    assert "a.draining" not in seen["c"]
    assert {entry.split(".")[0] for entry in seen["d"] if "." in entry} == {"b", "c", "d"}
    mask = env.action_mask("c")
    assert env.action_space("c").sample(mask=mask).shape == (1,)


def zeros(env: ServingParallelEnv) -> dict[str, Any]:
    return {agent: np.zeros(env.action_space(agent).shape, dtype=np.int64) for agent in env.possible_agents}


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda env: env.step(zeros(env)), "call reset"),
        (lambda env: env.state(), "call reset"),
        (lambda env: (env.reset(), env.step({"crop": [0, 0, 0]})), "one for each of"),
        (lambda env: (env.reset(), env.step([0] * 6)), "not list"),
        (lambda env: (env.reset(), env.step(zeros(env) | {"crop": [0]})), "action of crop .* crop.variant, crop.repl"),
        (lambda env: (env.reset(), env.step(zeros(env) | {"crop": [0, 99, 0]})), "crop.replicas must be in 0..9"),
        (lambda env: (env.reset(), env.step(zeros(env) | {"crop": [0.0] * 3})), "integers"),
        (lambda env: env.action_space("crap"), "no agent 'crap': choose one of"),
        (lambda env: parallel_env("vidoe"), "did you mean 'video'"),
    ],
)
def test_misuse_is_named(use: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        use(short("video"))


def test_it_is_rendered_as_a_single_environment_is() -> None:
    env = parallel_env("video", "constant:5:100", render_mode="rgb_array")
    env.reset(seed=0)
    assert env.render().shape == env.env.render().shape
    env.close()


def test_without_pettingzoo_there_is_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pettingzoo", None)
    monkeypatch.delitem(sys.modules, "ipagym.envs.multi_agent")
    with pytest.raises(
        ModuleNotFoundError, match=r"need PettingZoo: install it with `pip install 'ipagym\[multi-agent\]'`"
    ):
        import_module("ipagym.envs.multi_agent")
