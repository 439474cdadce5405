"""The reward as a vector, computed from records of one window or of many clusters at once."""

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration, Limits
from ipagym.model.deployments import Deployments, deployments_of
from ipagym.model.knobs import BATCH, CORES, KNOBS, Knob
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.records import Records
from ipagym.model.window import Window
from ipagym.task import reward_kernels
from ipagym.task.objective import Quantity, RewardTerms

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]

TERMS = tuple(RewardTerms.__dataclass_fields__)
"""Names of the terms."""

REMEMBERED = 4096
"""Size of the cache of configurations' records: planners and policies often return to the same few."""


class Rewards:
    """Reward terms of a pipeline's windows, with at most `width` deployments per stage.

    Configurations are compared by the numbers of their knobs, shape (n, S, width, K), as `deployments_of` returns them.
    Base cores are explicit there, so a configuration may give them or not.
    """

    def __init__(self, pipeline: Pipeline, width: int) -> None:
        variants = [stage.variants for stage in pipeline.stages]
        self._load_s = np.zeros((len(variants), max(map(len, variants))))
        self._has_choice = np.zeros((*self._load_s.shape, len(KNOBS)), dtype=np.bool_)
        for s, (stage, each) in enumerate(zip(pipeline.stages, variants, strict=True)):
            self._load_s[s, : len(each)] = [variant.load_s for variant in each]
            for v, variant in enumerate(each):
                self._has_choice[s, v] = [_has_choice(knob, variant, stage) for knob in KNOBS]
        self._pipeline, self._width = pipeline, width
        self._known: dict[Configuration, Numbers] = {}

    def of_window(self, window: Window, previous: Configuration) -> RewardTerms[float]:
        """The reward vector of one window; `previous` is the configuration before it."""
        changed, loading_s, batch = (float(each[0]) for each in self._compare(previous, window.configuration))
        seen = (window.accuracy, window.cores, window.violation_rate, window.energy_j)
        return _terms(seen, (changed, loading_s, batch))

    def of_windows(self, windows: Records, before: Deployments, after: Deployments) -> RewardTerms[Values]:
        """The reward vectors of n windows, each term of shape (n,), from records of the windows and of the
        configurations before and in them, shape (n, S, width).
        """
        violation = np.minimum(1.0, windows["violations"] / np.maximum(windows["arrivals"], 1))
        seen = (windows["accuracy"].copy(), windows["cores"].copy(), violation, windows["energy_j"])
        return _terms(seen, self.compared(numbers(before), numbers(after)))

    def between(self, before: Configuration, after: Configuration) -> tuple[int, float]:
        """The number of knobs that differ between two configurations, and the longest load time of the change."""
        changed, loading_s, _ = self._compare(before, after)
        return int(changed[0]), float(loading_s[0])

    def compared(self, before: Numbers, after: Numbers) -> tuple[Values, Values, Values]:
        """The knobs that differ, the longest load time, and the batch sizes afterwards, each of shape (n,).

        Deployments of the same variant are compared with each other, in any order. Of the others, the first removed one
        is compared with the first new one, and so on; each one left over counts as one change. A knob counts only if at
        least one of the two variants has a choice of it (not the cores of variants measured on base cores only).

        The load time is the longest among the deployments that are new or have other cores, 0 if there are none:
        InfAdapter's loading cost (its released optimiser). Removed and unchanged variants cost nothing.
        """
        changed = reward_kernels.changed_knobs(before, after, self._has_choice)
        loading_s = reward_kernels.loading_s(before, after, self._load_s, KNOBS.index(CORES))
        return changed, loading_s, reward_kernels.total(after, KNOBS.index(BATCH))

    def _numbers_of(self, configuration: Configuration) -> Numbers:
        known = self._known.get(configuration)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = numbers(deployments_of(configuration, self._pipeline, self._width)[np.newaxis])
            self._known[configuration] = known
        return known

    def _compare(self, before: Configuration, after: Configuration) -> tuple[Values, Values, Values]:
        return self.compared(self._numbers_of(before), self._numbers_of(after))


def _terms(
    seen: tuple[Quantity, Quantity, Quantity, Quantity], compared: tuple[Quantity, Quantity, Quantity]
) -> RewardTerms[Quantity]:
    """The terms, from accuracy, cores, violation rate, energy in joules, and the results of `Rewards.compared`."""
    (accuracy, cores, violation, energy_j), (changed, loading_s, batch) = seen, compared
    return RewardTerms(
        accuracy=accuracy,
        cost=cores,
        batch=batch,
        violation=violation,
        switching=changed,
        energy=energy_j / 1000,
        loading=loading_s,
    )


def _has_choice(knob: Knob, variant: Variant, stage: Stage) -> bool:
    """True if a change of the knob counts; a knob that depends on the variant counts if that has several choices."""
    return not knob.of_variant or len(knob.choices_of(variant, stage, Limits())) > 1


def numbers(records: Deployments) -> Numbers:
    """The numbers of the knobs, shape (n, S, L, K), of records of shape (n, S, L); all fields have 8 bytes."""
    whole = np.ascontiguousarray(records).view(np.int64).reshape(*records.shape, -1)
    return np.ascontiguousarray(whole[..., : len(KNOBS)])
