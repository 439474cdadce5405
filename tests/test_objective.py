"""The reward: every term counts with its own weight and sign, and loading is that of what is new."""

import pytest

from ipagym.model.configuration import Configuration, StageSetting
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective, RewardTerms
from ipagym.task.reward import Rewards
from tests.tiny import pipeline, side_by_side

TERMS = ("accuracy", "cost", "batch", "violation", "switching", "energy", "loading")


def test_every_term_counts_with_its_weight_and_sign() -> None:
    weights = Objective(alpha=2.0, beta=3.0, delta=5.0, violation=7.0, switching=11.0, energy=13.0, gamma=17.0)
    expected = (2.0, -3.0, -5.0, -7.0, -11.0, -13.0, -17.0)
    for name, worth in zip(TERMS, expected, strict=True):
        terms = RewardTerms(**{each: float(each == name) for each in TERMS})
        assert weights.scalar(terms) == worth


def test_a_plan_is_worth_its_accuracy_less_its_price() -> None:
    weights = Objective(alpha=2.0, beta=3.0, delta=5.0, violation=7.0)
    assert weights.planned(0.5, 4, 8) == 2 * 0.5 - 3 * 4 - 5 * 8
    assert weights.price(4, 8) == 3 * 4 + 5 * 8


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="gamma must be 0 or more"):
        Objective(gamma=value)


def configuration(*settings: StageSetting) -> Configuration:
    return Configuration(settings)


def test_loading_is_that_of_the_slowest_new_deployment() -> None:
    small, big = StageSetting.of("small", 2, 1), StageSetting.of("big", 1, 1)
    both = side_by_side(small, big)
    rewards = Rewards(pipeline(1), 2)

    def loading_s(before: Configuration, after: Configuration) -> float:
        return rewards.between(before, after)[1]

    assert loading_s(configuration(small), configuration(small)) == 0.0
    assert loading_s(configuration(small), configuration(StageSetting.of("small", 4, 2))) == 0.0
    assert loading_s(configuration(small), configuration(big)) == 3.0
    assert loading_s(configuration(small), configuration(both)) == 3.0
    assert loading_s(configuration(both), configuration(small)) == 0.0
    assert loading_s(configuration(big), configuration(StageSetting.of("small", 1, 1, 1))) == 2.0
