"""What is good: the terms of the reward and their weighted sum."""

from dataclasses import dataclass, fields
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration, StageSetting, cores_of
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.model.window import Window
from ipagym.system.errors import InputError

Quantity = TypeVar("Quantity", float, NDArray[np.float64])


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardTerms(Generic[Quantity]):
    """The reward as a vector, each term in its own unit and all but accuracy to be kept small; of one window in floats
    or of many in arrays of one shape.

    accuracy: PAS of what was served, 0..1. cost: cores held, averaged over the window. batch: Σ batch sizes.
    violation: SLO violation rate, 0..1. switching: knobs changed. energy: kilojoules. loading: seconds that the
    slowest of the deployments newly made or given other cores takes to load (InfAdapter's LC).
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

    α, β and δ are those of IPA's objective (§4.3; defaults: its video pipeline). There the SLO is a constraint;
    a learner needs it as a price: with the default of `violation`, to be late with one request in a hundred costs
    as much as two cores. Far below it, a controller that serves only what it likes outdoes one that serves all.
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
        """What a plan costs in that objective: β·cores + δ·Σ batch sizes."""
        return self.beta * cores + self.delta * batch

    def scalar(self, terms: RewardTerms[Quantity]) -> Quantity:
        """The weighted sum of the terms."""
        worth = self.planned(terms.accuracy, terms.cost, terms.batch)
        worth = worth - self.violation * terms.violation - self.switching * terms.switching
        return worth - self.energy * terms.energy - self.gamma * terms.loading


def reward_terms(window: Window, previous: Configuration, pipeline: Pipeline) -> RewardTerms[float]:
    """The reward vector of a window; `previous` is the configuration in force before it."""
    return RewardTerms(
        accuracy=window.accuracy,
        cost=window.cores,
        batch=float(sum(d.batch for s in window.configuration.stages for d in s.deployments)),
        violation=window.violation_rate,
        switching=float(changed_knobs(previous, window.configuration, pipeline)),
        energy=window.energy_j / 1000,
        loading=loading_s(previous, window.configuration, pipeline),
    )


def loading_s(before: Configuration, after: Configuration, pipeline: Pipeline) -> float:
    """The longest load time among the deployments that are new or have other cores; 0 where there is none.

    InfAdapter's loading cost (its released optimiser): to drop a variant is free, and so is one left as it is.
    """
    longest_s = 0.0
    for old, new, stage in zip(before.stages, after.stages, pipeline.stages, strict=True):
        were = {(each.variant, cores_of(each, stage)) for each in old.deployments}
        are = {(each.variant, cores_of(each, stage)) for each in new.deployments}
        longest_s = max([longest_s, *(stage.variant(name).load_s for name, _ in are - were)])
    return longest_s


def changed_knobs(before: Configuration, after: Configuration, pipeline: Pipeline) -> int:
    """How many of the knobs (variant, replicas, batch, cores of each deployment) differ.

    Deployments of one variant are compared with each other, in whatever order they stand; of the others the first gone
    with the first that is new, and so on; one more gone or new than the other counts as one. Cores are a knob of
    variants that have a choice of them; left unsaid they are the base cores.
    """
    return sum(map(_changed, before.stages, after.stages, pipeline.stages))


def _changed(before: StageSetting, after: StageSetting, stage: Stage) -> int:
    if not before.beside and not after.beside:
        return _differ(before, after, stage)
    were = {each.variant: each for each in before.deployments}
    are = {each.variant: each for each in after.deployments}
    gone = [each for name, each in were.items() if name not in are]
    new = [each for name, each in are.items() if name not in were]
    kept = [(each, are[name]) for name, each in were.items() if name in are]
    pairs = [*kept, *zip(gone, new, strict=False)]
    return sum(_differ(was, now, stage) for was, now in pairs) + abs(len(gone) - len(new))


def _differ(was: StageSetting, now: StageSetting, stage: Stage) -> int:
    knobs = (was.variant != now.variant) + (was.replicas != now.replicas) + (was.batch != now.batch)
    if (was.variant, was.cores) == (now.variant, now.cores) or cores_of(was, stage) == cores_of(now, stage):
        return knobs
    return knobs + any(len(stage.variant(each.variant).core_choices) > 1 for each in (was, now))
