"""Callbacks between the updates of a training: random seeds, schedules, validation, checkpoints and figures."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.utils import set_random_seed

from ipagym.agents.learned.curve import Curve
from ipagym.agents.learned.recipe_fields import Schedule
from ipagym.agents.learned.training_env import TrainingVecEnv

Report = Callable[[int, int, float | None], None]
"""Called with the steps done, the steps wanted, and the best reward per window in validation so far."""


def at(schedule: Schedule, progress_remaining: float) -> float:
    """The value of a schedule at the remaining progress, 1 … 0."""
    first, last = schedule
    return last + (first - last) * progress_remaining


class Chance(BaseCallback):
    """Seeds torch, numpy and the action space at every rollout, from the seed and the steps done. So a resumed run
    needs no generator states from a file.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        seeds = np.random.SeedSequence((self._seed, self.num_timesteps)).generate_state(1)
        set_random_seed(int(seeds[0]))
        self.model.action_space.seed(int(seeds[0]))


class Entropy(BaseCallback):
    """Sets the weight of the entropy by its schedule."""

    def __init__(self, schedule: Schedule, total: int) -> None:
        super().__init__()
        self._schedule, self._total = schedule, total

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        assert isinstance(self.model, OnPolicyAlgorithm)
        self.model.ent_coef = at(self._schedule, max(0.0, 1 - self.num_timesteps / self._total))


class Between(BaseCallback):
    """Calls a function before every rollout; it may end the training with the next step."""

    def __init__(self, call: Callable[[], bool]) -> None:
        super().__init__()
        self._call = call
        self._goes_on = True

    def _on_step(self) -> bool:
        return self._goes_on

    def _on_rollout_start(self) -> None:
        self._goes_on = self._call()


class TaskFigures(BaseCallback):
    """Logs the task's figures, averaged over each rollout: violations, cores, PAS, reward and energy. Also logs the
    last validation and, if known, its gap to the clairvoyant's mean reward.
    """

    def __init__(self, env: TrainingVecEnv, curve: Curve, clairvoyant: float | None) -> None:
        super().__init__()
        self._env, self._curve, self._clairvoyant = env, curve, clairvoyant
        self._figures: list[NDArray[np.float64]] = []

    def _on_step(self) -> bool:
        serving = self._env.env.serving
        terms = serving.terms
        assert terms is not None, "a step was taken"
        reward = self._env.env.view.rewards(terms)
        columns: tuple[Any, ...] = (100 * terms.violation, terms.cost, 100 * terms.accuracy, reward, terms.energy)
        self._figures.append(np.stack(columns).mean(axis=1))
        return True

    def _on_rollout_end(self) -> None:
        names = ("violation_percent", "cores", "pas", "reward_per_window", "energy_kj")
        for name, value in zip(names, np.mean(self._figures, axis=0), strict=True):
            self.logger.record(f"serving/{name}", float(value))
        self._figures = []
        if self._curve.rows:
            _, reward, best = self._curve.rows[-1]
            self.logger.record("validation/reward_per_window", reward)
            self.logger.record("validation/best", best)
            if self._clairvoyant is not None:
                self.logger.record("validation/regret", self._clairvoyant - reward)


class Progress(BaseCallback):
    """Reports the number of steps done after every rollout."""

    def __init__(self, report: Report, total: int, curve: Curve) -> None:
        super().__init__()
        self._report, self._total, self._curve = report, total, curve

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        best = self._curve.rows[-1][2] if self._curve.rows else None
        self._report(self.num_timesteps, self._total, best)
