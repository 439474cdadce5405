"""Backends by name, in comparisons and environments; and the pipeline of real models, where it can be run."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import ipagym
from ipagym.cli import main
from ipagym.cluster.backends import BACKENDS, check_able
from ipagym.cluster.live import LiveCluster
from ipagym.cluster.live.profiling.stage_accuracies import stage_accuracies
from ipagym.model.configuration import Configuration, StageSetting
from ipagym.system.errors import InputError
from ipagym.task.faults import Faults
from ipagym.workload.generators import Constant
from tests.live_scenarios import live_scenario
from tests.tiny import setting

SHORT = replace(
    live_scenario((20.0,) * 3, setting(1), setting(1)),
    interval_s=0.5,
    workload=Constant(rate_rps=20.0, duration_s=2),
)


def test_agents_are_compared_live_on_the_same_requests(tmp_path: Path) -> None:
    agents = ["static-min", "hpa"]
    found = ipagym.compare(SHORT, agents, seeds=1, out=tmp_path / "live", backend="rehearsal")
    simulated = ipagym.compare(SHORT, agents, seeds=1, out=tmp_path / "simulated")
    met = [each.windows.groupby("agent", observed=True)["arrivals"].agg(list) for each in (found, simulated)]
    assert met[0].to_dict() == met[1].to_dict()
    assert not found.manifest.failed


def test_what_was_simulated_is_not_taken_for_live(tmp_path: Path) -> None:
    simulated = ipagym.compare(SHORT, ["static-min"], seeds=1, out=tmp_path)
    live = ipagym.compare(SHORT, ["static-min"], seeds=1, out=tmp_path, backend="rehearsal")
    assert simulated.windows["latency_p50_s"].tolist() != live.windows["latency_p50_s"].tolist()


def test_an_environment_may_be_live() -> None:
    env: Any = gym.make("ipagym/Video-v0", backend="rehearsal", workload=[5.0] * 2, interval_s=0.5).unwrapped
    with closing(env):
        assert isinstance(env.cluster, LiveCluster)
        env.reset(seed=0)
        _, _, terminated, truncated, _ = env.step(env.action_space.sample() * 0)
        assert not terminated
        assert not truncated
        with pytest.raises(InputError, match="forked"):
            env.fork()


def test_many_live_environments_at_once_are_refused() -> None:
    with pytest.raises(InputError, match="need a simulator, compiled or simpy, not rehearsal"):
        gym.make_vec("ipagym/Video-v0", num_envs=2, vectorization_mode="vector_entry_point", backend="rehearsal")


def test_a_pipeline_without_models_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "video", "--backend", "local", "--agents", "hpa", "--duration", "20"]) == 2
    assert "choose the backend rehearsal, ray-rehearsal or kubernetes-rehearsal" in capsys.readouterr().err


def test_live_episodes_run_one_at_a_time(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="workers must be 1"):
        ipagym.compare(SHORT, ["hpa"], out=tmp_path, backend="rehearsal", workers=2)


def test_a_scenario_that_asks_for_more_than_a_backend_can_is_refused() -> None:
    harsh = replace(SHORT, physics=replace(SHORT.physics, faults=Faults(crashes_per_hour=1.0)))
    check_able(harsh, "compiled")
    with pytest.raises(InputError, match="rehearsal has no faults"):
        check_able(harsh, "rehearsal")
    with pytest.raises(InputError, match="unknown backend"):
        check_able(SHORT, "rehersal")


def test_stage_accuracies_of_a_product_are_its_factors() -> None:
    first, second = {"a": 0.5, "b": 0.8}, {"c": 0.4, "d": 0.8}
    table: dict[tuple[str, ...], float] = {(i, j): first[i] * second[j] for i in first for j in second}
    found = stage_accuracies(table, [list(first), list(second)])
    assert found[0] == pytest.approx(first)
    assert found[1] == pytest.approx(second)


def test_digits_are_found_and_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    for needed in ("onnx", "onnxruntime", "sklearn"):
        pytest.importorskip(needed, reason="the models of digits need the extra `live`")
    scenario = ipagym.make_scenario("digits", Constant(rate_rps=40.0, duration_s=4), interval_s=1.0)
    best = Configuration((StageSetting.of("det-s2", 2, 4), StageSetting.of("read-27k", 2, 4)))
    cluster = BACKENDS["local"].make(replace(scenario, initial=best))
    with closing(cluster):
        cluster.reset(1)
        windows = [cluster.advance(1.0) for _ in range(4)]
        while windows[-1].in_system:
            windows.append(cluster.advance(1.0))
    completed = sum(window.completed for window in windows)
    right = sum(window.completed * window.accuracy for window in windows)
    expected = scenario.pipeline.accuracy_of(("det-s2", "read-27k"))
    assert completed > 100
    assert right == pytest.approx(round(right)), "each answer is right or wrong"
    # Four standard deviations of a share among so many scenes.
    assert abs(right / completed - expected) < 4 * np.sqrt(expected * (1 - expected) / completed)
