"""Rewards of a policy on validation seeds; the best policy of a run is chosen by them."""

from collections.abc import Callable, Sequence

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from ipagym.agents.learned.policy_file import Policy
from ipagym.agents.learned.preferences import draw_weights, scales
from ipagym.envs.learners.view import ViewSettings
from ipagym.envs.options import EnvOptions
from ipagym.envs.vector import ServingVectorEnv
from ipagym.envs.wrappers.views import VectorLearnerView
from ipagym.task.scenario import Scenario
from ipagym.task.splits import VALIDATION

Decide = Callable[[NDArray[np.float32]], NDArray[np.int64]]
"""A function from the view's observations of all rows to their actions."""


def view_of_many(scenario: Scenario, number: int, settings: ViewSettings) -> VectorLearnerView:
    """`number` environments with a learner's view; they are reset by mask."""
    options = EnvOptions(with_info=False)
    return VectorLearnerView(
        ServingVectorEnv(scenario, number, autoreset=AutoresetMode.DISABLED, options=options), settings
    )


def mean_rewards(env: VectorLearnerView, decide: Decide, seeds: Sequence[int]) -> NDArray[np.float64]:
    """The mean reward per window of an episode in each environment, shape (num_envs,); a seed for each."""
    steps = env.serving.scenario.windows - 1
    shown, _ = env.reset(seed=seeds)
    total = np.zeros(len(seeds))
    for _ in range(steps):
        shown, rewards, _, _, _ = env.step(decide(shown))
        total += rewards
    return total / steps


def deciding(policy: Policy, env: VectorLearnerView) -> Decide:
    """The policy as a function, for episodes of all these environments that begin now."""
    state = policy.at_rest(env.num_envs)

    def decide(shown: NDArray[np.float32]) -> NDArray[np.int64]:
        return policy.actions(shown, state, env.action_masks() if policy.is_masked else None)

    return decide


class Validation:
    """Episodes on the first `episodes` validation seeds, all at once. With preferences, the weights of each are drawn
    by its seed, so they are the same in every validation.
    """

    def __init__(self, scenario: Scenario, settings: ViewSettings, episodes: int) -> None:
        self._env = view_of_many(scenario, episodes, settings)
        self._seeds = [VALIDATION.first + k for k in range(episodes)]
        draw_weights(self._env, np.arange(episodes), self._seeds)

    def rewards(self, policy: Policy) -> NDArray[np.float64]:
        """The mean reward per window of each episode under the most likely actions of the policy; divided by
        `ipagym.envs.learners.preferences.scale` if weights are drawn.
        """
        return mean_rewards(self._env, deciding(policy, self._env), self._seeds) / scales(self._env)
