"""Cocktail (Gunasekaran et al., NSDI 2022): variants chosen by accuracy per latency, pools scaled as MArk's.

Its first objective: max accuracy/latency subject to accuracy ≥ target − 0.05 and latency ≤ SLO; its code scales every
pool by MArk's scheduler. Here one variant serves a request, without voting by an ensemble, so its second objective, the
cheapest ensemble, has no counterpart. The target is the accuracy of the best variant of a stage. Batch and cores do not
change.
"""

from collections.abc import Sequence

from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.primitives import with_variant
from ipagym.agents.published.mark import MarkRule
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.model.pipeline import Variant
from ipagym.task.scenario import Scenario

ACCURACY_MARGIN = 0.05


def best_variant(variants: Sequence[Variant], batch: int, slo_s: float) -> Variant:
    """The variant of most accuracy per second of latency among those accurate and fast enough; the fastest if none."""
    target = max(variant.accuracy for variant in variants) - ACCURACY_MARGIN
    able = [v for v in variants if v.accuracy >= target and v.latency.p99(batch) <= slo_s]
    if not able:
        return min(variants, key=lambda v: v.latency.p99(batch))
    return max(able, key=lambda v: v.accuracy / v.latency.p99(batch))


class CocktailRule:
    """One stage with its part of the SLO."""

    def __init__(self) -> None:
        self._scaler = MarkRule()

    def setting(self, view: StageView) -> StageSetting:
        """The variant, with the replicas of MArk's rule."""
        chosen = best_variant(view.stage.variants, view.running.batch, view.slo_share_s)
        if chosen.name == view.running.variant:
            return self._scaler.setting(view)
        return StageSetting((with_variant(view.running, chosen),))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return ByStage(lambda stage: CocktailRule())
