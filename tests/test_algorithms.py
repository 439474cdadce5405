"""The algorithms of `ipagym train`: policies in numpy decide as the models do, and runs go on to the same bits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipagym.agents.learned.policy import PolicyAgent
from ipagym.agents.learned.policy_file import BEST, read_policy, save_policy
from ipagym.agents.learned.recipe import recipe_for
from ipagym.agents.learned.recipe_fields import RECIPES
from ipagym.bench.episode import run_episode
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs import make_scenario
from ipagym.system.errors import InputError

pytest.importorskip("stable_baselines3")

import torch

from ipagym.agents.learned.training import Run, TrainSettings, scenario_to_train, train
from ipagym.agents.learned.validation import Validation
from ipagym.task.splits import VALIDATION
from tests.test_resuming import Interruption, everything

SMALL: dict[str, Any] = {
    "envs": 3, "rollout": 30, "batch": 45, "validate_every": 2, "validation_episodes": 2, "steps": 540,
    "hidden": [8, 8],
}  # fmt: skip
OF_PPO = {"epochs": 2, "steps": 270}
OF_REPLAY = {"buffer": 300, "warm_up": 60, "gradient_steps": 3, "rollout": 10, "validate_every": 4}
OWN: dict[str, dict[str, Any]] = {
    "ppo": OF_PPO,
    "maskable-ppo": OF_PPO,
    "recurrent-ppo": OF_PPO | {"lstm_units": 6},
    "dqn": OF_REPLAY | {"target_every": 90},
    "sac": OF_REPLAY,
}
NEW = [name for name in OWN if name != "ppo"]
LOAD = "step:5:20:300"


def settings(out: Path, algorithm: str, changes: dict[str, Any] | None = None, **others: Any) -> TrainSettings:
    recipe = recipe_for(algorithm, "video", SMALL | OWN[algorithm] | (changes or {}))
    fields: dict[str, Any] = {"scenario": "video", "workloads": (LOAD,), "algorithm": algorithm, "recipe": recipe}
    return TrainSettings(out=out, **(fields | others))


@pytest.mark.parametrize("algorithm", OWN)
def test_a_policy_in_numpy_decides_as_its_model_does(algorithm: str, tmp_path: Path) -> None:
    """Over several windows, which the recurrent one remembers, and with masks where the algorithm has them."""
    of = settings(tmp_path, algorithm)
    run = Run(of, scenario_to_train("video", of.workloads))
    run.env.reset()
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for weight in run.model.policy.parameters():
            weight.copy_(torch.randn_like(weight) / 2)
    save_policy(tmp_path / "a.npz", run.policy())
    policy, rows, heads = read_policy(tmp_path / "a.npz"), 200, run.env.heads
    state, memory, found = policy.at_rest(rows), None, []
    for _ in range(4):
        seen = rng.normal(size=(rows, run.env.moments.mean.size)).astype(np.float32)
        masks = rng.random((rows, sum(heads))) < 0.5 if policy.is_masked else None
        if masks is not None:
            masks[:, 0] = True
        asked = {} if masks is None else {"action_masks": masks}
        wanted, memory = run.model.predict(run.env.normalised(seen), memory, deterministic=True, **asked)
        actions = policy.actions(seen, state, masks)
        assert actions.tolist() == run.env._form.values(wanted).tolist()
        found += actions.tolist()
    assert len({tuple(each) for each in found}) > 3, "it decides one thing only"


@pytest.mark.parametrize("algorithm", NEW)
def test_an_interrupted_run_of_any_algorithm_ends_with_the_same_bits(algorithm: str, tmp_path: Path) -> None:
    """The buffers of DQN and SAC are full before the first interruption."""

    def report(done: int, _: int, best: float | None) -> None:
        if done > of.recipe.steps * 2 / 3:
            raise Interruption

    of = settings(tmp_path / "parts", algorithm)
    train(settings(tmp_path / "whole", algorithm))
    with pytest.raises(Interruption):
        train(of, report)
    train(settings(tmp_path / "parts", algorithm, resume=True))
    assert everything(tmp_path / "parts") == everything(tmp_path / "whole")
    best = read_policy(tmp_path / "whole" / BEST)
    scenario = make_scenario("video", LOAD)
    validation = Validation(scenario, best.card.view, 2).rewards(best)
    played = [
        run_episode(PolicyAgent(best), CompiledCluster(scenario), scenario, VALIDATION.first + k).rewards.mean()
        for k in range(2)
    ]
    assert played == pytest.approx(validation.tolist()), "it decides in a comparison as in validation"


@pytest.mark.parametrize("name", ["buffer_place", "buffer_rewards", "calls"])
def test_a_damaged_buffer_is_one_line(name: str, tmp_path: Path) -> None:
    train(settings(tmp_path, "dqn", {"steps": 300}))
    path = tmp_path / "last.pt"
    content = torch.load(path, weights_only=True)
    content["progress"][name] = content["progress"][name][:-1]
    torch.save(content, path)
    with pytest.raises(InputError, match="damaged") as told:
        train(settings(tmp_path, "dqn", {"steps": 300}, resume=True))
    assert "\n" not in str(told.value)


def test_masked_actions_are_never_taken(tmp_path: Path) -> None:
    """Every step changes something, but for holding."""
    of = settings(tmp_path, "maskable-ppo")
    run = Run(of, scenario_to_train("video", of.workloads))
    masks, step = [], run.env.step_async

    def noted(actions: Any) -> None:
        masks.append(run.env.env.action_masks()[np.arange(3), actions[:, 0]])
        step(actions)

    run.env.step_async = noted  # type: ignore[method-assign]
    run.go(lambda done, total, best: None)
    assert np.array(masks).all()
    assert len(masks) == 270 // 3


@pytest.mark.parametrize("algorithm", OWN)
def test_a_recipe_has_no_fields_of_another_algorithm(algorithm: str) -> None:
    every = {name for each in RECIPES.values() for name in each.__dataclass_fields__}
    others = every - set(RECIPES[algorithm].__dataclass_fields__)
    for name in sorted(others):
        with pytest.raises(InputError, match=name):
            recipe_for(algorithm, "video", {name: 1})


@pytest.mark.parametrize(
    ("algorithm", "changes", "message"),
    [
        ("maskable-ppo", {"action": "plan"}, "action"),
        ("dqn", {"action": "knobs"}, "action: steps"),
        ("dqn", {"target_every": 2}, "target_every"),
        ("sac", {"buffer": 10**7}, "buffer"),
    ],
)
def test_what_an_algorithm_cannot_do_is_one_line(
    algorithm: str, changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message) as told:
        train(settings(tmp_path, algorithm, changes))
    assert "\n" not in str(told.value)
