"""Training under weights that change from episode to episode: their draw, and a common scale of rewards."""

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
    """Set the weights of those environments, which begin episodes of these seeds (one each), from the seeds."""
    ranges = env.settings.preferences
    if ranges:
        env.aim(which, [drawn(env.serving.scenario.objective, ranges, seed) for seed in seeds])


def scales(env: VectorLearnerView) -> Values:
    """The divisor of the rewards of each environment, shape (num_envs,)."""
    return np.array([scale(each, env.settings.preferences) for each in env.view.objectives])


class CommonScale:
    """Makes rewards under different weights comparable. First, the weighted sum of the mean terms of all windows so far
    is subtracted; this removes the part that depends on the weights alone, and does not change which policy is best.
    Then rewards are divided by `ipagym.envs.learners.preferences.scale`.

    `moments` are the moments of the terms.
    """

    def __init__(self) -> None:
        self.moments = RunningMoments(len(fields(RewardTerms)))

    def see(self, terms: RewardTerms[Values]) -> None:
        """Add the terms of a step, each of shape (n,)."""
        self.moments.update(np.stack([getattr(terms, each.name) for each in fields(RewardTerms)], axis=1))

    def alike(self, rewards: Values, env: VectorLearnerView) -> Values:
        """The comparable rewards of all environments, shape (num_envs,), under their current weights."""
        number = len(rewards)
        usual = {
            each.name: np.full(number, mean) for each, mean in zip(fields(RewardTerms), self.moments.mean, strict=True)
        }
        return np.asarray((rewards - worth_of_terms(env.view.objectives, RewardTerms(**usual))) / scales(env))
