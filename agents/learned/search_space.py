"""The search space of `ipagym tune`: the fields of a recipe, and the ranges of their values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Trial(Protocol):
    """The interface of a trial of Optuna: it draws values."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """A number of the range."""

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """One of the choices."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Numbers from `low` to `high`, on a logarithmic scale if these are far apart.

    With `falls_to`, the field is a schedule that falls from the number to this share of it.
    """

    low: float
    high: float
    log: bool = False
    falls_to: float | None = None

    def drawn(self, trial: Trial, name: str) -> Any:
        """What the field is set to."""
        value = trial.suggest_float(name, self.low, self.high, log=self.log)
        return value if self.falls_to is None else [value, value * self.falls_to]


@dataclass(frozen=True, slots=True)
class OneOf:
    """A choice of discrete values."""

    values: tuple[Any, ...]

    def drawn(self, trial: Trial, name: str) -> Any:
        """What the field is set to."""
        return self.values[trial.suggest_categorical(name, list(range(len(self.values))))]


Space = dict[str, Range | OneOf]

COMMON: Space = {
    "learning_rate": Range(low=1e-4, high=3e-3, log=True, falls_to=0.02),
    "gamma": OneOf((0.7, 0.8, 0.9, 0.95, 0.98, 0.99)),
    "hidden": OneOf(((32, 32), (64, 64), (128, 128))),
}
OF_PPO: Space = COMMON | {
    "entropy": Range(low=1e-4, high=3e-2, log=True, falls_to=0.0),
    "gae_lambda": OneOf((0.8, 0.9, 0.95, 1.0)),
    "clip": OneOf((0.1, 0.2, 0.3)),
    "epochs": OneOf((4, 8, 12)),
    "rollout": OneOf((20, 40, 80)),
}
OF_REPLAY: Space = COMMON | {"gradient_steps": OneOf((4, 8, 12, 24)), "batch": OneOf((64, 128, 256))}

SPACES: Mapping[str, Space] = {
    "ppo": OF_PPO,
    "maskable-ppo": OF_PPO,
    "recurrent-ppo": OF_PPO | {"lstm_units": OneOf((32, 64, 128))},
    "dqn": OF_REPLAY | {"exploration_share": Range(low=0.1, high=0.8), "target_every": OneOf((480, 1200, 2400, 9600))},
    "sac": OF_REPLAY | {"tau": Range(low=2e-3, high=5e-2, log=True), "target_entropy": Range(low=-2.0, high=0.5)},
}
"""By the name of the algorithm."""


def drawn_settings(space: Space, trial: Trial) -> dict[str, Any]:
    """The settings of a recipe that the trial chooses."""
    return {name: each.drawn(trial, name) for name, each in space.items()}
