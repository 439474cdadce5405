"""Training: what it writes, recipes, policies as files, and the learner itself on a chain of known value."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ipagym
from ipagym.agents.learned.policy_file import BEST, MAX_BYTES, read_policy, save_policy
from ipagym.agents.learned.recipe import algorithms, recipe_for
from ipagym.agents.learned.running_moments import RunningMoments
from ipagym.system.errors import InputError
from ipagym.task.splits import TEST, TRAIN, VALIDATION
from tests.tiny import scenario, setting

pytest.importorskip("stable_baselines3")


from ipagym.agents.learned.checkpoint import CHECKPOINT_NAME, MAX_CHECKPOINT_BYTES, load_checkpoint
from ipagym.agents.learned.policy import PolicyAgent, load_policy
from ipagym.agents.learned.training import Run, TrainSettings, scenario_to_train, train
from ipagym.agents.learned.training_env import episode_seed
from ipagym.envs import make_scenario

SMALL = {"steps": 64, "envs": 2, "rollout": 16, "batch": 16, "validate_every": 1, "validation_episodes": 2, "epochs": 2}


def run(out: Path, changes: dict[str, Any] | None = None, **others: Any) -> Path:
    fields: dict[str, Any] = {"scenario": "video", "workloads": ("constant:5:120",), "out": out}
    recipe = recipe_for("ppo", "video", SMALL | (changes or {}))
    return train(TrainSettings(**(fields | {"recipe": recipe} | others)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("trained") / "a")


def test_training_writes_policies_that_decide_a_curve_and_logs(trained: Path) -> None:
    assert load_checkpoint(trained).card.steps_done == 64
    assert any((trained / "tensorboard").iterdir())
    rows = json.loads((trained / "curve.json").read_text())["curve"]
    assert [row["steps"] for row in rows] == [32, 64]
    best = max(rows, key=lambda row: row["reward"])
    assert read_policy(trained).card.steps == best["steps"]
    found = ipagym.compare("video", f"ppo:{trained}", workload="constant:5:120", seeds=1, out=trained / "compared")
    assert len(found.windows) == 11


def test_a_folder_with_a_run_is_not_overwritten_and_others_settings_are_named(trained: Path) -> None:
    with pytest.raises(InputError, match="--resume"):
        run(trained)
    with pytest.raises(InputError, match=r"was trained with .*seed 0.*: resume it with those"):
        run(trained, {"gamma": 0.5}, resume=True, seed=1)
    with pytest.raises(InputError, match="nothing to resume"):
        run(trained / "none", resume=True)


def test_a_run_ends_when_validation_gets_no_better(tmp_path: Path) -> None:
    """With a learning rate of 0 every validation gives the first one's reward, but for what is normalised by."""
    settings = {"steps": 320, "learning_rate": [0.0, 0.0], "entropy": [0.0, 0.0], "patience": 2}
    out = run(tmp_path / "a", settings)
    steps = load_checkpoint(out).card.steps_done
    assert steps < 320
    curve = (out / "curve.json").read_bytes()
    run(out, settings, resume=True)
    assert (out / "curve.json").read_bytes() == curve, "it had come to its end"


def test_seeds_of_training_are_of_training_only() -> None:
    seeds = {episode_seed(seed, env, episode) for seed in range(4) for env in range(48) for episode in range(20)}
    assert len(seeds) == 4 * 48 * 20
    assert min(seeds) >= TRAIN.first > max(TEST.end, VALIDATION.end) - 1
    assert max(seeds) < TRAIN.end


def test_environments_begin_at_different_times_and_bootstrap_from_the_last_window(tmp_path: Path) -> None:
    recipe = recipe_for("ppo", "video", SMALL | {"envs": 6})
    settings = TrainSettings(scenario="video", workloads=("constant:5:120",), out=tmp_path, recipe=recipe)
    env = Run(settings, scenario_to_train("video", settings.workloads)).env
    env.reset()
    ends: list[list[int]] = [[] for _ in range(6)]
    for step in range(1, 40):
        _, _, over, infos = env.step(np.full((6, 1), 6))
        for k in np.flatnonzero(over).tolist():
            ends[k].append(step)
            assert infos[k]["TimeLimit.truncated"]
            assert infos[k]["terminal_observation"].shape == env.observation_space.shape
    assert [each[0] for each in ends] == [1, 3, 5, 7, 9, 11]
    assert all(np.diff(each).tolist() == [11] * (len(each) - 1) for each in ends)


def test_running_moments_are_those_of_all_rows() -> None:
    rows = np.random.default_rng(0).normal(3.0, 2.0, size=(60, 4))
    moments = RunningMoments(4)
    for part in np.split(rows, [7, 8, 40]):
        moments.update(part)
    np.testing.assert_allclose(moments.mean, rows.mean(axis=0))
    np.testing.assert_allclose(moments.variance, rows.var(axis=0))


def test_a_policy_in_numpy_chooses_what_the_network_of_torch_does(tmp_path: Path) -> None:
    import torch

    recipe = recipe_for("ppo", "video", SMALL | {"action": "plan-residual"})
    settings = TrainSettings(scenario="video", workloads=("constant:5:120",), out=tmp_path, recipe=recipe)
    trained_run = Run(settings, scenario_to_train("video", settings.workloads))
    with torch.no_grad():
        for weight in trained_run.model.policy.parameters():
            weight.copy_(torch.randn_like(weight))
    policy, width = trained_run.policy(), trained_run.env.moments.mean.size
    save_policy(tmp_path / "a.npz", policy)
    seen = np.random.default_rng(0).normal(size=(200, width)).astype(np.float32)
    wanted, _ = trained_run.model.predict(trained_run.env.normalised(seen), deterministic=True)
    assert read_policy(tmp_path / "a.npz").actions(seen).tolist() == wanted.tolist()


def test_recipes_are_by_task_and_refuse_what_they_do_not_know(tmp_path: Path) -> None:
    assert algorithms() == ["ppo", "maskable-ppo", "recurrent-ppo", "dqn", "sac"]
    assert recipe_for("ppo", "video").action == "plan"
    assert recipe_for("ppo", "sponge-resnet18").action == "knobs"
    with pytest.raises(InputError, match="'pop'"):
        recipe_for("pop", "video")
    own = tmp_path / "own.yaml"
    for text, message in (("default: {stepps: 3}", "stepps"), ("a", "not a recipe"), ("default: {steps: 3}", "envs")):
        own.write_text(text)
        with pytest.raises(InputError, match=message):
            recipe_for("ppo", "video", {}, own)


def test_what_is_not_a_policy_is_refused_in_one_line(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no policy"):
        load_policy(tmp_path)
    with pytest.raises(InputError, match="'vidoe'"):
        load_policy("zoo:vidoe")
    whole = (trained / BEST).read_bytes()
    for content in (b"not a policy", whole[:1000], b""):
        (tmp_path / BEST).write_bytes(content)
        with pytest.raises(InputError, match="is not a policy"):
            load_policy(tmp_path)
    with np.load(trained / BEST) as arrays:
        known = dict(arrays)
    for name, value in (("mean", known["mean"][1:]), ("bias_0", known["bias_0"] * np.nan), ("card", np.array("{}"))):
        np.savez(tmp_path / BEST, **(known | {name: value}))
        with pytest.raises(InputError, match="is not a policy"):
            load_policy(tmp_path)
    with zipfile.ZipFile(tmp_path / BEST, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.npy", bytes(MAX_BYTES + 1))
    with pytest.raises(InputError, match="is not a policy"):
        load_policy(tmp_path)


def test_a_policy_for_other_knobs_is_refused(trained: Path) -> None:
    other = scenario((1.0, 1.0), setting(), setting())
    with pytest.raises(InputError, match="other knobs"):
        load_policy(trained).reset(other.pipeline, other.limits, np.random.default_rng(0))


def test_every_policy_of_the_zoo_serves_its_scenario() -> None:
    from ipagym.agents.learned.zoo import FOLDER, zoo_names

    for name in zoo_names():
        agent = load_policy(f"zoo:{name}")
        assert isinstance(agent, PolicyAgent)
        chosen = make_scenario(agent.policy.card.scenario)
        agent.reset(chosen.pipeline, chosen.limits, np.random.default_rng(0))
        assert (FOLDER / f"{name}.md").is_file(), "it has a card"


def test_a_checkpoint_that_unpacks_to_too_much_is_refused_before_it_does(tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT_NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(MAX_CHECKPOINT_BYTES + 1))
    with pytest.raises(InputError, match="larger than"):
        load_checkpoint(path)
