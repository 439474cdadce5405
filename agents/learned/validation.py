"""How a policy does on the seeds of validation, on which the best of a run is chosen."""

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from ipagym.agents.learned.policy_file import Policy
from ipagym.envs.learners.view import ViewSettings
from ipagym.envs.options import EnvOptions
from ipagym.envs.vector import ServingVectorEnv
from ipagym.envs.wrappers.views import VectorLearnerView
from ipagym.task.scenario import Scenario
from ipagym.task.splits import VALIDATION


def view_of_many(scenario: Scenario, number: int, settings: ViewSettings) -> VectorLearnerView:
    """So many environments as learners see them; they are reset by mask."""
    options = EnvOptions(with_info=False)
    return VectorLearnerView(
        ServingVectorEnv(scenario, number, autoreset=AutoresetMode.DISABLED, options=options), settings
    )


class Validation:
    """Episodes on the first `episodes` seeds of validation, all at once."""

    def __init__(self, scenario: Scenario, settings: ViewSettings, episodes: int) -> None:
        self._env = view_of_many(scenario, episodes, settings)
        self._seeds = [VALIDATION.first + k for k in range(episodes)]
        self._steps = scenario.windows - 1

    def rewards(self, policy: Policy) -> NDArray[np.float64]:
        """The mean reward per window of each episode under the most likely actions of the policy."""
        shown, _ = self._env.reset(seed=self._seeds)
        total = np.zeros(len(self._seeds))
        for _ in range(self._steps):
            shown, rewards, _, _, _ = self._env.step(policy.actions(shown))
            total += rewards
        return total / self._steps
