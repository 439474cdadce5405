"""Autopilot's second recommender (Rzadca et al., EuroSys 2020, §3.3): an ensemble of models, each an argmin over
limits.

Each model m = (d_m, M_m) keeps, for every candidate limit L, decayed costs of being above it (overrun o) and below it
(underrun u), picks L' = argmin w_o·o + w_u·u + w_ΔL·[L ≠ its last], and adds its margin M_m. The ensemble takes the
model with the lowest decayed cost on later samples, with a penalty for a change of model or limit.

As printed, o and u only *count* samples; as o + u is then constant, the argmin is the decayed peak. `magnitude` weights
a sample by its distance from the limit; the argmin is then the w_o/(w_o + w_u) quantile. The paper does not publish its
weights; the ones here are our choice.
"""

from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class EnsembleSettings:
    """Weights, decay d of the models' costs, and the models: every decay with every margin (share of the limit)."""

    cost: Literal["count", "magnitude"] = "magnitude"
    overrun: float = 10.0
    underrun: float = 1.0
    change_limit: float = 0.05
    change_model: float = 0.05
    decay: float = 0.1
    decays: tuple[float, ...] = (0.01, 0.05, 0.2)
    margins: tuple[float, ...] = (0.0, 0.05, 0.1, 0.2)


@dataclass(slots=True)
class _Model:
    decay: float
    margin: float
    over: Floats
    under: Floats
    limit: float = 0.0
    cost: float = 0.0


@dataclass(slots=True)
class Ensemble:
    """The models over candidate limits, shape (L,); `limit` is the recommendation."""

    candidates: Floats
    settings: EnsembleSettings = field(default_factory=EnsembleSettings)
    limit: float = 0.0
    _chosen: int = 0
    _models: list[_Model] = field(default_factory=list)

    def __post_init__(self) -> None:
        zeros = np.zeros(len(self.candidates))
        pairs = product(self.settings.decays, self.settings.margins)
        self._models = [_Model(d, m, zeros.copy(), zeros.copy(), float(self.candidates[-1])) for d, m in pairs]
        self.limit = float(self.candidates[-1])

    def observe(self, usage: Floats) -> float:
        """Add the usages of a tick, and return the recommendation."""
        settings = self.settings
        for model in self._models:
            before = model.limit
            model.over = (1 - model.decay) * model.over + model.decay * self._cost(usage, self.candidates, 1)
            model.under = (1 - model.decay) * model.under + model.decay * self._cost(usage, self.candidates, -1)
            moved = settings.change_limit * (self.candidates * (1 + model.margin) != before)
            total = settings.overrun * model.over + settings.underrun * model.under + moved
            model.limit = float(self.candidates[int(np.argmin(total))]) * (1 + model.margin)
            now = self._latest(usage, model.limit) + settings.change_limit * (model.limit != before)
            model.cost = settings.decay * now + (1 - settings.decay) * model.cost
        self._choose()
        return self.limit

    def _choose(self) -> None:
        settings = self.settings
        costs = [
            model.cost
            + settings.change_model * (i != self._chosen)
            + settings.change_limit * (model.limit != self.limit)
            for i, model in enumerate(self._models)
        ]
        self._chosen = int(np.argmin(costs))
        self.limit = self._models[self._chosen].limit

    def _latest(self, usage: Floats, limit: float) -> float:
        at = np.array([limit])
        over, under = self._cost(usage, at, 1)[0], self._cost(usage, at, -1)[0]
        return float(self.settings.overrun * over + self.settings.underrun * under)

    def _cost(self, usage: Floats, limits: Floats, side: int) -> Floats:
        """The share of the samples above (side 1) or below (−1) each limit, or their mean distance from it."""
        distance = np.maximum(side * (usage[np.newaxis, :] - limits[:, np.newaxis]), 0.0)
        if self.settings.cost == "count":
            return np.asarray((distance > 0).mean(axis=1))
        return np.asarray(distance.mean(axis=1))
