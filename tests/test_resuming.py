"""Training resumed: the weights of a run without interruption to the last bit, and damaged checkpoints in one line."""

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipagym.cli import main
from ipagym.envs import make_scenario
from ipagym.system.errors import InputError
from tests.test_scenario_file import FULL

pytest.importorskip("stable_baselines3")

import torch

from ipagym.agents.learned.checkpoint import CHECKPOINT_NAME, load_checkpoint
from ipagym.agents.learned.policy_file import BEST, LAST
from ipagym.agents.learned.recipe import recipe_for
from ipagym.agents.learned.training import TrainSettings, train
from ipagym.agents.learned.training_env import Course, TrainingVecEnv
from ipagym.agents.learned.validation import view_of_many
from ipagym.envs.learners.view import ViewSettings

FAULTY = f"{FULL}\ntelemetry: {{scrape_s: 12, lag_s: 7}}\n".replace(
    "straggler: 0.1", "straggler: 0.1, lost_scrape: 0.3"
)
"""All that an environment may remember, and chance in all of it."""


class Interruption(Exception):
    """Stands for whatever may end a run."""


SMALL = {"envs": 2, "rollout": 60, "batch": 40, "epochs": 2, "validate_every": 2, "validation_episodes": 2}


def run(out: Path, name: str, *, stop_after: int | None = None, steps: int = 360, resume: bool = False) -> None:
    """Train, or stop in the middle of the run after so many steps. An episode of `video` ends in the second rollout."""

    def report(done: int, _: int, best: float | None) -> None:
        if stop_after is not None and done > stop_after:
            raise Interruption

    recipe = recipe_for("ppo", name, SMALL | {"steps": steps})
    train(TrainSettings(scenario=name, out=out, recipe=recipe, resume=resume), report)


def tensors(value: Any, name: str = "") -> dict[str, torch.Tensor]:
    """All tensors in nested dictionaries and lists, by path."""
    if isinstance(value, torch.Tensor):
        return {name: value}
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path: found for key, each in entries for path, found in tensors(each, f"{name}/{key}").items()}


def everything(out: Path) -> dict[str, bytes]:
    checkpoint = load_checkpoint(out)
    found = tensors({"parameters": checkpoint.parameters, "progress": checkpoint.progress})
    policies = {name: (out / name).read_bytes() for name in (LAST, BEST)}
    return (
        policies
        | {"card": repr(checkpoint.card).encode()}
        | {name: each.numpy().tobytes() for name, each in found.items()}
    )


@pytest.mark.parametrize("name", ["video", "infadapter", "sponge", "faulty"])
def test_an_interrupted_run_ends_with_the_same_bits(name: str, tmp_path: Path) -> None:
    if name == "faulty":
        name = str(tmp_path / "faulty.yaml")
        Path(name).write_text(FAULTY)
    run(tmp_path / "whole", name)
    for stop_after in (0, 120, 240):
        with pytest.raises(Interruption):
            run(tmp_path / "parts", name, stop_after=stop_after, resume=stop_after > 0)
        assert load_checkpoint(tmp_path / "parts").card.steps_done == stop_after
    run(tmp_path / "parts", name, resume=True)
    assert everything(tmp_path / "parts") == everything(tmp_path / "whole")


def test_weights_are_those_of_the_threads_asked_for(tmp_path: Path) -> None:
    """Whatever torch is set to before, it is after."""
    before = torch.get_num_threads()
    try:
        for number in (1, 3):
            torch.set_num_threads(number)
            run(tmp_path / str(number), "video", steps=120)
            assert torch.get_num_threads() == number
    finally:
        torch.set_num_threads(before)
    assert everything(tmp_path / "1") == everything(tmp_path / "3")


@pytest.mark.parametrize("steps", [0, 1, 19, 20, 119, 150])
def test_environments_go_on_as_if_they_had_run_all_of_it(steps: int) -> None:
    """Each in the middle of an episode of its own."""
    settings = ViewSettings(action="plan-residual")

    def made() -> TrainingVecEnv:
        view = view_of_many(make_scenario("video", "step:5:20:1200"), 4, settings)
        return TrainingVecEnv(view, Course(seed=5, gamma=0.9, reward_floor=-40.0))

    rng, ran, resumed = np.random.default_rng(0), made(), made()
    sizes = ran.action_space.nvec  # type: ignore[attr-defined]
    ran.reset()
    for _ in range(steps):
        ran.step(rng.integers(sizes, size=(4, len(sizes))))
    resumed.go_on(ran.episodes, ran.steps, ran.taken)
    resumed.returns[:], resumed.discounted[:] = ran.returns, ran.discounted
    for name in ("moments", "return_moments"):
        setattr(resumed, name, deepcopy(getattr(ran, name)))
    for _ in range(130):
        actions = rng.integers(sizes, size=(4, len(sizes)))
        one, other = ran.step(actions), resumed.step(actions)
        for mine, theirs in zip(one[:3], other[:3], strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert [info.get("episode") for info in one[3]] == [info.get("episode") for info in other[3]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished")
    with pytest.raises(Interruption):
        run(out, "video", stop_after=120)
    return out


def on_card(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content["card"] = json.dumps(json.loads(content["card"]) | changes)

    return change


def at(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    """Change what stands at this place; a function is applied to it."""

    def change(content: dict[str, Any]) -> None:
        place: Any = content
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to(place[path[-1]]) if callable(to) else to

    return change


WEIGHT = ("parameters", "policy", "action_net.bias")
ADAM = ("parameters", "policy.optimizer")
MOMENTS = (*ADAM, "state", 0)
DAMAGES = {
    "steps as text": on_card(steps_done="many"),
    "steps below zero": on_card(steps_done=-128),
    "steps in fractions": on_card(steps_done=128.5),
    "a recipe that is none": on_card(recipe={"steps": 3}),
    "an extra key on the card": on_card(more=1),
    "a seed below zero": on_card(seed=-1),
    "no card": lambda content: content.pop("card"),
    "a card that is no JSON": at("card", to="{"),
    "a card that is a list": at("card", to="[]"),
    "an extra key": at("more", to=1),
    "no progress": lambda content: content.pop("progress"),
    "progress that is none": at("progress", to=None),
    "parameters that are none": at("parameters", to=None),
    "extra parameters": at("parameters", "__class__", to={}),
    "a weight of another size": at(*WEIGHT, to=torch.zeros(3)),
    "a weight of another type": at(*WEIGHT, to=lambda weight: weight.double()),
    "a weight that is no number": at(*WEIGHT, to=lambda weight: weight * torch.nan),
    "a weight too many": at("parameters", "policy", "more", to=torch.zeros(3)),
    "a weight too few": lambda content: content["parameters"]["policy"].popitem(),
    "no weights": at("parameters", "policy", to=None),
    "no optimiser": at(*ADAM, to=None),
    "an optimiser's steps as text": at(*MOMENTS, "step", to="many"),
    "an optimiser's steps below zero": at(*MOMENTS, "step", to=torch.tensor(-1.0)),
    "an optimiser's steps of another run": at(*MOMENTS, "step", to=torch.tensor(3.0)),
    "moments of what was seen below zero": at("progress", "seen_variance", to=lambda each: -each - 1),
    "a place beyond the episode": at("progress", "steps", to=lambda steps: steps + 500),
    "moments of another size": at(*MOMENTS, "exp_avg", to=torch.zeros(3)),
    "moments that cannot be": at(*MOMENTS, "exp_avg_sq", to=lambda squares: squares - 1),
    "an extra moment": at(*MOMENTS, "more", to=torch.zeros(3)),
    "a learning rate as text": at(*ADAM, "param_groups", 0, "lr", to="fast"),
    "a learning rate as tensors": at(*ADAM, "param_groups", 0, "lr", to=torch.ones(3)),
    "an extra group": at(*ADAM, "param_groups", to=lambda groups: groups * 2),
    "actions of another shape": at("progress", "actions", to=lambda actions: actions[1:]),
    "actions in fractions": at("progress", "actions", to=lambda actions: actions.double()),
    "actions out of range": at("progress", "actions", to=lambda actions: actions + 1000),
    "other actions": at("progress", "actions", to=lambda actions: actions * 0),
    "no actions": at("progress", "actions", to=None),
    "other observations": at("progress", "observations", to=lambda seen: seen + 1),
    "observations of another shape": at("progress", "observations", to=lambda seen: seen[0]),
    "returns that are no numbers": at("progress", "returns", to=torch.tensor([torch.nan], dtype=torch.float64)),
    "returns as text": at("progress", "returns", to="much"),
    "extra progress": at("progress", "more", to=1),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_one_line(damage: str, finished: Path, tmp_path: Path) -> None:
    content = torch.load(finished / CHECKPOINT_NAME, weights_only=True)
    DAMAGES[damage](content)
    torch.save(content, tmp_path / CHECKPOINT_NAME)
    with pytest.raises(InputError) as told:
        run(tmp_path, "video", resume=True)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("length", [0, 1, 100, 5000, -1])
def test_a_checkpoint_cut_short_is_one_line(
    length: int, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished, tmp_path / "run")
    whole = (finished / CHECKPOINT_NAME).read_bytes()
    (tmp_path / "run" / CHECKPOINT_NAME).write_bytes(whole[:length])
    again = ["train", "video", "--out", str(tmp_path / "run"), "--resume"]
    assert main(again) == 2
    assert "is not a checkpoint" in capsys.readouterr().err


class Payload:
    """Touches a file where it is unpickled without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("place", [("card",), ("parameters",), ("progress", "actions"), (*ADAM, "state")])
def test_no_code_runs_from_a_checkpoint(place: tuple[str, ...], finished: Path, tmp_path: Path) -> None:
    content = torch.load(finished / CHECKPOINT_NAME, weights_only=True)
    at(*place, to=Payload(tmp_path / "it ran"))(content)
    torch.save(content, tmp_path / CHECKPOINT_NAME)
    with pytest.raises(InputError, match="is not a checkpoint"):
        load_checkpoint(tmp_path)
    assert not (tmp_path / "it ran").exists()
    torch.load(tmp_path / CHECKPOINT_NAME, weights_only=False)
    assert (tmp_path / "it ran").exists(), "it would have run"
