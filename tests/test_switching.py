"""What a change of knobs counts, alike in the objective, the single and the vector environment."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ipagym.envs import ServingEnv, ServingVectorEnv, make_scenario
from ipagym.envs.scenarios import names
from ipagym.model.budget import within_budget
from ipagym.model.configuration import Configuration, Limits, StageSetting, cores_of
from ipagym.model.deployments import configuration_of, deployments_of
from ipagym.model.pipeline import Pipeline
from ipagym.task.reward import Rewards
from ipagym.task.scenario import Scenario
from tests.tiny import pipeline, side_by_side


def explicit(configuration: Configuration, pipe: Pipeline) -> Configuration:
    """The same with its base cores written out."""
    pairs = zip(configuration.stages, pipe.stages, strict=True)
    return Configuration(tuple(setting.turned(cores=cores_of(setting.first, stage)) for setting, stage in pairs))


def priced(name: str) -> Scenario:
    """A minute or so of a scenario where every change costs, found with its cores written out."""
    chosen = make_scenario(name)
    chosen = make_scenario(name, f"constant:5:{int(chosen.interval_s * 8)}")
    objective = replace(chosen.objective, switching=1.0)
    return replace(chosen, initial=explicit(chosen.initial, chosen.pipeline), objective=objective)


@pytest.mark.parametrize("name", names())
def test_written_out_cores_give_the_single_and_the_vector_environment_one_reward(name: str) -> None:
    chosen = priced(name)
    alone, many = ServingEnv(chosen), ServingVectorEnv(chosen, 2)
    alone.reset(seed=4)
    many.reset(seed=[4, 5])
    rng = np.random.default_rng(4)
    for step in range(chosen.windows - 2):
        sizes = np.array(alone.codec.sizes)
        action = alone.codec.encode(chosen.initial) if step < 2 else rng.integers(0, sizes)
        _, reward, _, _, info = alone.step(action)
        _, rewards, _, _, infos = many.step(np.stack([action, action]))
        assert info["reward_terms"]["switching"] == infos["reward_terms"]["switching"][0]
        assert rewards[0] == reward
        if step < 2:
            assert info["reward_terms"]["switching"] == 0.0, "nothing was changed"


def test_the_file_and_the_action_of_one_configuration_are_equal(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(
        "pipeline: sponge-yolov5s\nworkload: constant:5:60\nknobs: [batch, cores]\ninterval_s: 1\n"
        "initial: [{variant: yolov5s, cores: 1}]\nobjective: {switching: 1}\n"
    )
    chosen = make_scenario(str(path))
    assert chosen.initial.stages[0].first.cores == 1 == chosen.pipeline.stages[0].variants[0].base_cores
    env = ServingEnv(chosen)
    env.reset(seed=0)
    assert env.step(env.codec.encode(chosen.initial))[4]["reward_terms"]["switching"] == 0.0


SMALL, BIG = StageSetting.of("small", 1, 1), StageSetting.of("big", 2, 4)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (SMALL, SMALL, 0),
        (SMALL, SMALL.turned(cores=1), 0),
        (SMALL, SMALL.turned(replicas=3), 1),
        (SMALL, SMALL.turned(replicas=3, batch=2), 2),
        (SMALL, BIG.turned(replicas=1, batch=1), 1),  # cores are no knob here: those of the variant come with it
        (SMALL, side_by_side(SMALL, BIG), 1),
        (side_by_side(SMALL, BIG), BIG, 1),
        (side_by_side(SMALL, BIG), side_by_side(BIG, SMALL), 0),
        (side_by_side(SMALL, BIG), side_by_side(BIG.turned(batch=8), SMALL.turned(replicas=2)), 2),
    ],
)
def test_knobs_that_differ_are_counted_by_deployment(before: StageSetting, after: StageSetting, changes: int) -> None:
    rewards = Rewards(pipeline(1), 2)
    assert rewards.between(Configuration((before,)), Configuration((after,)))[0] == changes
    assert rewards.between(Configuration((after,)), Configuration((before,)))[0] == changes


def test_cores_count_where_there_is_a_choice_of_them() -> None:
    served = make_scenario("joint").pipeline
    base = [stage.variants[0].base_cores for stage in served.stages]
    found = Configuration(tuple(StageSetting.of(stage.variants[0].name, 1, 1) for stage in served.stages))
    same = Configuration(tuple(s.turned(cores=c) for s, c in zip(found.stages, base, strict=True)))
    other = Configuration((same.stages[0].turned(cores=served.stages[0].variants[0].core_choices[-1]), found.stages[1]))
    rewards = Rewards(served, 1)
    assert [rewards.between(found, each)[0] for each in (same, other)] == [0, 1]
    assert [rewards.between(other, each)[0] for each in (same, found)] == [1, 1]


def test_a_configuration_that_is_cut_down_reads_back_as_it_was_cut() -> None:
    served, limits = pipeline(1), Limits(max_deployments=2, max_cores=2)
    pair = deployments_of(Configuration((side_by_side(SMALL, BIG.turned(replicas=1)),)), served, 2)
    swapped = deployments_of(Configuration((side_by_side(BIG.turned(replicas=1), SMALL),)), served, 2)
    for asked in (pair, swapped):
        cut = within_budget(asked[np.newaxis], served, limits.max_cores)[0]
        assert np.array_equal(cut["variant"], deployments_of(configuration_of(cut, served), served, 2)["variant"])
