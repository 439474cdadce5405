"""The objective: terms of the reward and their weighted sum."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError

Quantity = TypeVar("Quantity", float, NDArray[np.float64])


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardTerms(Generic[Quantity]):
    """The reward as a vector: floats for one window, or arrays of one shape for many. Each term has its own unit.
    Accuracy is to be maximised, all other terms are to be minimised.

    accuracy: PAS of the served requests, 0..1. cost: cores held, averaged over the window. batch: Σ batch sizes.
    violation: SLO violation rate, 0..1. switching: knobs changed. energy: kilojoules. loading: the longest load time in
    seconds among deployments that are new or have other cores (InfAdapter's LC).
    """

    accuracy: Quantity
    cost: Quantity
    batch: Quantity
    violation: Quantity
    switching: Quantity
    energy: Quantity
    loading: Quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """Weights of the scalar reward α·accuracy − β·cost − δ·batch − w·violation − s·switching − e·energy − γ·loading.

    α, β and δ are those of IPA's objective (§4.3; defaults: its video pipeline). There the SLO is a constraint; a
    learner needs it as a price. With the default of `violation`, one late request in a hundred costs as much as two
    cores. With much smaller weights, a controller that drops requests can earn more than one that serves all.
    """

    alpha: float = 2.0
    beta: float = 1.0
    delta: float = 1e-6
    violation: float = 200.0
    switching: float = 0.0
    energy: float = 0.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        for item in fields(self):
            if not 0 <= getattr(self, item.name) < float("inf"):
                raise InputError(f"objective weight {item.name} must be 0 or more, not {getattr(self, item.name)}")

    def planned(self, accuracy: Quantity, cores: Quantity, batch: Quantity) -> Quantity:
        """The objective of a plan (IPA, §4.3): α·PAS − β·cores − δ·Σ batch sizes."""
        return self.alpha * accuracy - self.beta * cores - self.delta * batch

    def price(self, cores: Quantity, batch: Quantity) -> Quantity:
        """The price of a plan in that objective: β·cores + δ·Σ batch sizes."""
        return self.beta * cores + self.delta * batch

    def scalar(self, terms: RewardTerms[Quantity]) -> Quantity:
        """The weighted sum of the terms."""
        worth = self.planned(terms.accuracy, terms.cost, terms.batch)
        worth = worth - self.violation * terms.violation - self.switching * terms.switching
        return worth - self.energy * terms.energy - self.gamma * terms.loading

    def per_term(self) -> RewardTerms[float]:
        """The change of the weighted sum per unit of each term."""
        return RewardTerms(
            accuracy=self.alpha,
            cost=-self.beta,
            batch=-self.delta,
            violation=-self.violation,
            switching=-self.switching,
            energy=-self.energy,
            loading=-self.gamma,
        )


def worth_of_terms(objectives: Sequence[Objective], terms: RewardTerms[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The weighted sums of n windows, shape (n,): terms of shape (n,), and one objective for each window."""
    worth = np.zeros(len(objectives))
    slopes = [each.per_term() for each in objectives]
    for each in fields(RewardTerms):
        worth += np.array([getattr(slope, each.name) for slope in slopes]) * getattr(terms, each.name)
    return worth
