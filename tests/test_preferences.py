"""Policies that are told weights of the objective: what is drawn, shown, planned and learned from, and their use."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import ipagym
from ipagym.agents import make_agent
from ipagym.cli import main
from ipagym.envs import Codec, make_env, make_scenario, make_vector_env, wrappers
from ipagym.envs.learners import preferences
from ipagym.envs.learners.plan_edits import FACTORS
from ipagym.envs.learners.planners import PlanProblem, ipa
from ipagym.envs.learners.view import ViewSettings
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective, RewardTerms, worth_of_terms

pytest.importorskip("stable_baselines3")

from ipagym.agents.learned.checkpoint import load_checkpoint
from ipagym.agents.learned.policy import PolicyAgent, load_policy
from ipagym.agents.learned.policy_file import BEST, LAST, read_policy
from ipagym.agents.learned.preferences import CommonScale
from ipagym.agents.learned.recipe import recipe_for
from ipagym.agents.learned.training import TrainSettings, train

RANGES = {"alpha": (10.0, 160.0)}
OWN = Objective(alpha=40.0)
LOAD = "constant:12:120"


def told(**changes: Any) -> ViewSettings:
    return ViewSettings(preferences=RANGES, **changes)


def aimed(alphas: list[float], settings: ViewSettings) -> wrappers.VectorLearnerView:
    """An environment for each alpha, all at the start of one seed."""
    env = make_vector_env(len(alphas), "video", LOAD, autoreset_mode=AutoresetMode.DISABLED, objective={"alpha": 40.0})
    view = wrappers.VectorLearnerView(env, settings)
    view.aim(np.arange(len(alphas)), [replace(env.scenario.objective, alpha=alpha) for alpha in alphas])
    return view


def test_the_worth_of_terms_is_the_weighted_sum_of_each() -> None:
    rng = np.random.default_rng(0)
    names = RewardTerms.__dataclass_fields__
    weights = Objective.__dataclass_fields__
    objectives = [Objective(**dict(zip(weights, row, strict=True))) for row in rng.random((5, 7)).tolist()]
    rows = rng.random((5, 7))
    found = worth_of_terms(objectives, RewardTerms(**dict(zip(names, rows.T, strict=True))))
    one = [RewardTerms(**dict(zip(names, row, strict=True))) for row in rows.tolist()]
    np.testing.assert_allclose(found, [each.scalar(terms) for each, terms in zip(objectives, one, strict=True)])


def test_weights_are_drawn_evenly_in_their_logarithm_and_follow_from_the_seed() -> None:
    drawn = [preferences.drawn(OWN, RANGES, seed) for seed in range(1000)]
    assert drawn == [preferences.drawn(OWN, RANGES, seed) for seed in range(1000)]
    entries = np.array([preferences.shown(each, RANGES)[0] for each in drawn])
    assert -1 <= entries.min() < -0.98
    assert 0.98 < entries.max() <= 1
    np.testing.assert_allclose(np.histogram(entries, 4, (-1, 1))[0], 250, atol=50)
    assert {replace(each, alpha=40.0) for each in drawn} == {OWN}, "the other weights stay"


def test_entries_scales_and_levels_are_by_the_range() -> None:
    at = [replace(OWN, alpha=alpha) for alpha in (10.0, 40.0, 160.0)]
    np.testing.assert_allclose([preferences.shown(each, RANGES)[0] for each in at], [-1, 0, 1])
    np.testing.assert_allclose([preferences.scale(each, RANGES) for each in at], [0.625, 1.0, 2.5])
    assert preferences.planned_for(replace(OWN, alpha=42.0), RANGES) == OWN
    assert preferences.times_own({"alpha": (0.25, 4.0)}, OWN) == RANGES


@pytest.mark.parametrize(
    ("ranges", "what"),
    [
        ({"alhpa": (1.0, 2.0)}, "'alhpa'"),
        ({"alpha": (2.0, 1.0)}, "must rise"),
        ({"alpha": (0.0, 1.0)}, "above 0"),
        ({"alpha": (1.0, float("inf"))}, "finite"),
    ],
)
def test_ranges_that_nothing_can_be_drawn_from_are_refused(ranges: dict[str, tuple[float, float]], what: str) -> None:
    with pytest.raises(InputError, match=what):
        ViewSettings(preferences=ranges)


def test_a_view_shows_plans_and_rewards_by_the_weights_of_each_row() -> None:
    alphas = [10.0, 40.0, 160.0]
    env = aimed(alphas, told())
    shown, _ = env.reset(seed=[1, 1, 1])
    assert env.observation_names[-1] == "weight_alpha"
    np.testing.assert_allclose(shown[:, -1], [-1, 0, 1], atol=1e-6)
    assert (shown[:, :-1] == shown[0, :-1]).all()
    itself = np.full((3, 1), FACTORS.tolist().index(1.0))
    for _ in range(3):
        _, rewards, *_ = env.step(itself)
        terms = env.serving.terms
        assert terms is not None
        wanted = [alpha * a - c - 1e-6 * b - 200 * v for alpha, a, c, b, v in
                  zip(alphas, terms.accuracy, terms.cost, terms.batch, terms.violation, strict=True)]  # fmt: skip
        np.testing.assert_allclose(rewards, wanted)
    accuracies = [float(codec_accuracy(env, row)) for row in range(3)]
    assert accuracies == sorted(accuracies)
    assert accuracies[0] < accuracies[2]


def codec_accuracy(env: wrappers.VectorLearnerView, row: int) -> float:
    """The accuracy of the configuration in force, as its stages' variants have it."""
    serving = env.serving
    index = serving.codec.indices_of(serving.deployments)[row]
    configuration = serving.codec.decode(index)
    stages = zip(serving.scenario.pipeline.stages, configuration.stages, strict=True)
    return float(np.prod([stage.variant(setting.deployments[0].variant).accuracy for stage, setting in stages]))


def test_plans_are_the_optimisers_under_the_weights_of_the_row() -> None:
    alphas = [10.0, 160.0]
    env = aimed(alphas, told())
    env.reset(seed=[1, 1])
    scenario = env.serving.scenario
    edits = env.view._edits
    assert edits is not None
    codec = Codec(scenario.pipeline, scenario.limits)
    for row, alpha in enumerate(alphas):
        problem = PlanProblem.of(replace(scenario, objective=replace(scenario.objective, alpha=alpha)))
        assert edits.tables[row].action_at((40, 0)).tolist() == codec.encode(ipa(problem, 16.0, 0.0)).tolist()


def test_a_view_alone_is_told_the_weights_of_its_scenario_and_refuses_others() -> None:
    env = wrappers.LearnerView(make_env("video", LOAD, objective={"alpha": 20.0}), told())
    assert env.reset(seed=1)[0][-1] == pytest.approx(-0.5)
    with pytest.raises(InputError, match="alpha is 500, and the policy knows 10 to 160"):
        wrappers.LearnerView(make_env("video", LOAD, objective={"alpha": 500.0}), told())
    many = make_vector_env(1, "video", LOAD, objective={"alpha": 20.0}, reward="vector")
    with pytest.raises(InputError, match="scalar reward"):
        wrappers.VectorLearnerView(many, told()).aim(np.arange(1), [OWN])


SMALL: dict[str, Any] = {
    "steps": 128, "envs": 2, "rollout": 16, "batch": 16, "validate_every": 2, "validation_episodes": 2, "epochs": 2,
    "preferences": {"alpha": (0.5, 2.0)},
}  # fmt: skip


class Interruption(Exception):
    """Stands for whatever may end a run."""


def run(out: Path, *, stop_after: int | None = None, **others: Any) -> Path:
    def report(done: int, _: int, best: float | None) -> None:
        if stop_after is not None and done > stop_after:
            raise Interruption

    settings = TrainSettings(
        scenario="video", workloads=(LOAD,), recipe=recipe_for("ppo", "video", SMALL), out=out, **others
    )
    return train(settings, report)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("told") / "a")


def test_rewards_are_made_alike_without_changing_what_is_better() -> None:
    """Of one row they differ from the rewards by a constant and a factor; what all rows share is taken away."""
    env = aimed([10.0, 160.0], told())
    rng = np.random.default_rng(0)
    common = CommonScale()
    zeros = np.zeros(2)
    usual = RewardTerms(
        accuracy=np.array([0.3, 0.5]), cost=np.array([4.0, 6.0]), batch=zeros, violation=zeros, switching=zeros,
        energy=zeros, loading=zeros,
    )  # fmt: skip
    common.see(usual)
    mean = worth_of_terms(env.view.objectives, replace(usual, accuracy=np.full(2, 0.4), cost=np.full(2, 5.0)))
    np.testing.assert_allclose(common.alike(mean, env), 0.0, atol=1e-12)
    rewards = rng.normal(size=(20, 2))
    alike = np.stack([common.alike(row, env) for row in rewards])
    np.testing.assert_allclose(np.diff(alike, axis=0), np.diff(rewards, axis=0) / [0.625, 2.5])


def test_a_run_of_drawn_weights_that_is_interrupted_ends_with_the_same_bits(trained: Path, tmp_path: Path) -> None:
    for stop_after in (32, 64):
        with pytest.raises(Interruption):
            run(tmp_path / "a", stop_after=stop_after, resume=stop_after > 32)
    run(tmp_path / "a", resume=True)
    for name in (LAST, BEST):
        assert (tmp_path / "a" / name).read_bytes() == (trained / name).read_bytes()
    assert {"term_mean", "term_variance", "term_count"} <= set(load_checkpoint(trained).progress)


def test_a_policy_that_is_told_weights_is_told_those_of_the_scenario(trained: Path) -> None:
    policy = read_policy(trained)
    assert policy.card.view.preferences == {"alpha": (1.0, 4.0)}
    for alpha in (1.0, 3.0):
        agent = make_agent(f"policy:{trained}", make_scenario("video", LOAD, objective={"alpha": alpha}))
        assert isinstance(agent, PolicyAgent)
        assert agent.objective.alpha == alpha
    with pytest.raises(InputError, match=r"alpha is 10, and the policy knows 1 to 4: .*--preference"):
        make_agent(f"policy:{trained}", make_scenario("video", LOAD, objective={"alpha": 10.0}))
    assert load_policy(trained).objective.alpha == policy.card.objective.alpha
    assert load_policy(trained, Objective(alpha=2.5)).objective.alpha == 2.5
    with pytest.raises(InputError, match="is told no weights"):
        load_policy("zoo:video-day", OWN)


def test_it_takes_part_in_a_comparison_and_decides_as_in_its_view(trained: Path, tmp_path: Path) -> None:
    scenario = make_scenario("video", LOAD, objective={"alpha": 3.0})
    found = ipagym.compare(scenario, f"policy:{trained}", seeds=1, out=tmp_path / "compared")
    policy = read_policy(trained)
    env = wrappers.LearnerView(make_env("video", LOAD, objective={"alpha": 3.0}), policy.card.view)
    shown, _ = env.reset(seed=0)
    rewards, over = [], False
    while not over:
        shown, reward, _, over, _ = env.step(policy.actions(shown[np.newaxis])[0])
        rewards.append(reward)
    np.testing.assert_allclose(found.windows["reward"], rewards)


def test_recipes_and_the_command_line_have_preferences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert recipe_for("ppo", "video").preferences == {}
    assert "preferences" in asdict(recipe_for("sac", "video"))
    with pytest.raises(InputError, match="must rise"):
        recipe_for("ppo", "video", {"preferences": {"alpha": (4.0, 0.25)}})
    for arguments, what in (
        (["--preference", "alpha"], "as in alpha=0.25:4"),
        (["--preference", "alhpa=1:2"], "'alhpa'"),
        (["--preference", "alpha=2:4"], "must hold 1"),
        (["--preference", "gamma=1:2"], "the weight is 0 in this scenario"),
        (["--preference", "alpha=1:2", "--warm-start", "ipa"], "leave it or the preferences out"),
    ):
        assert main(["train", "video", "--workload", LOAD, "--out", str(tmp_path / "a"), *arguments]) == 2
        shown = capsys.readouterr().err
        assert what in shown
        assert shown.count("\n") == 1
