"""Training under weights that change from episode to episode: how they are drawn, and rewards in a common scale."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from ipagym.agents.learned.running_moments import RunningMoments
from ipagym.envs.learners.preferences import drawn, scale
from ipagym.envs.wrappers.views import VectorLearnerView
from ipagym.task.objective import RewardTerms, worth_of_terms

Values = NDArray[np.float64]


def draw_weights(env: VectorLearnerView, which: NDArray[np.int64], seeds: Sequence[int]) -> None:
    """Give those environments, which begin episodes of these seeds, one each, the weights that the seeds stand for."""
    ranges = env.settings.preferences
    if ranges:
        env.aim(which, [drawn(env.serving.scenario.objective, ranges, seed) for seed in seeds])


def scales(env: VectorLearnerView) -> Values:
    """By what the rewards of each environment are divided, shape (num_envs,)."""
    return np.array([scale(each, env.settings.preferences) for each in env.view.objectives])


class CommonScale:
    """Rewards under different weights, made alike: less what the mean terms of all windows so far are worth under the
    weights, and divided by `ipagym.envs.learners.preferences.scale`. The first takes away what the weights alone make
    of rewards, whatever the policy does, and changes nothing about which policy is best for them.

    `moments` are those of the terms.
    """

    def __init__(self) -> None:
        self.moments = RunningMoments(len(fields(RewardTerms)))

    def see(self, terms: RewardTerms[Values]) -> None:
        """Take in the terms of a step, each of shape (n,)."""
        self.moments.update(np.stack([getattr(terms, each.name) for each in fields(RewardTerms)], axis=1))

    def alike(self, rewards: Values, env: VectorLearnerView) -> Values:
        """The rewards of all environments, shape (num_envs,), under the weights that these have now."""
        number = len(rewards)
        usual = {
            each.name: np.full(number, mean) for each, mean in zip(fields(RewardTerms), self.moments.mean, strict=True)
        }
        return np.asarray((rewards - worth_of_terms(env.view.objectives, RewardTerms(**usual))) / scales(env))
