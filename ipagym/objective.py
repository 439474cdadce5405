"""What is good: the terms of the reward and their weighted sum."""

from dataclasses import astuple, dataclass, fields

from ipagym.configuration import Configuration
from ipagym.errors import InputError
from ipagym.window import Window


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardTerms:
    """The reward as a vector, each term in its own unit and all but accuracy to be kept small.

    accuracy: PAS of what was served, 0..1. cost: cores held, averaged over the window. batch: Σ batch sizes.
    violation: SLO violation rate, 0..1. switching: knobs changed. energy: kilojoules.
    """

    accuracy: float
    cost: float
    batch: float
    violation: float
    switching: float
    energy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """Weights of the scalar reward α·accuracy − β·cost − δ·batch − w·violation − s·switching − e·energy.

    α, β and δ are those of IPA's objective (§4.3; defaults: its video pipeline). There the SLO is a constraint;
    a learner needs it as a price, `violation`, which with the default costs a fully violated window 20 cores.
    """

    alpha: float = 2.0
    beta: float = 1.0
    delta: float = 1e-6
    violation: float = 20.0
    switching: float = 0.0
    energy: float = 0.0

    def __post_init__(self) -> None:
        for item in fields(self):
            if not 0 <= getattr(self, item.name) < float("inf"):
                raise InputError(f"objective weight {item.name} must be 0 or more, not {getattr(self, item.name)}")

    def scalar(self, terms: RewardTerms) -> float:
        """The weighted sum of the terms."""
        weights = (self.alpha, -self.beta, -self.delta, -self.violation, -self.switching, -self.energy)
        return float(sum(weight * term for weight, term in zip(weights, astuple(terms), strict=True)))


def reward_terms(window: Window, previous: Configuration) -> RewardTerms:
    """The reward vector of a window; `previous` is the configuration in force before it."""
    return RewardTerms(
        accuracy=window.accuracy,
        cost=window.cores,
        batch=float(sum(s.batch for s in window.configuration.stages)),
        violation=window.violation_rate,
        switching=float(changed_knobs(previous, window.configuration)),
        energy=window.energy_j / 1000,
    )


def changed_knobs(before: Configuration, after: Configuration) -> int:
    """How many of the knobs (variant, replicas, batch of each stage) differ."""
    pairs = zip(before.stages, after.stages, strict=True)
    return sum((a.variant != b.variant) + (a.replicas != b.replicas) + (a.batch != b.batch) for a, b in pairs)
