"""Nexus (Shen et al., SOSP 2019): fully loaded replicas, and one more for the rest of the load.

A saturated replica runs the largest batch with l(b) ≤ SLO/2. The rest of the load, less than one replica can serve,
gets the largest batch that is filled and served within the SLO, (b − 1)/r + l(b) ≤ SLO. Rates are measured over 30 s. A
new plan is made every 30 s, or after 10 s if the rate is below 0.8 or above 1.1 times the planned one. Here models do
not share replicas, so its packing of several models onto one GPU does not apply. All replicas of a stage run one batch
size: that of the saturated ones, if there are any. The stages' parts of the SLO are our choice. Variant and cores do
not change.
"""

from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.pace import Pace
from ipagym.agents.common.primitives import half_slo_batch, residual_batch
from ipagym.agents.common.recent import Recent
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.optimize.options import fewest
from ipagym.task.scenario import Scenario

HISTORY_S = 30.0
EPOCH_S = 30.0
SOONEST_S = 10.0
TOO_LITTLE, TOO_MUCH = 0.8, 1.1


def plan(latency: LatencyModel, rate_rps: float, slo_s: float, batches: tuple[int, ...]) -> tuple[int, int]:
    """Replicas and batch."""
    full = half_slo_batch(latency, slo_s, batches) or batches[0]
    saturated_rps = latency.throughput_rps(full)
    if rate_rps < saturated_rps:
        return 1, min(full, residual_batch(latency, slo_s, rate_rps, batches) or batches[0])
    return fewest(rate_rps, saturated_rps), full


class NexusRule:
    """One stage."""

    def __init__(self) -> None:
        self._recent = Recent(HISTORY_S)
        self._epoch = Pace(EPOCH_S)
        self._planned_rps = self._planned_s = 0.0

    def setting(self, view: StageView) -> StageSetting:
        """The plan; a new one when it is due or the rate no longer fits."""
        self._recent.add(view.now_s, view.window.duration_s, view.rate_rps)
        rate = self._recent.mean_over(HISTORY_S)
        is_off = not TOO_LITTLE * self._planned_rps <= rate <= TOO_MUCH * self._planned_rps
        if not self._epoch.is_due(view.now_s) and not (is_off and view.now_s - self._planned_s >= SOONEST_S):
            return view.setting
        self._planned_rps, self._planned_s = rate, view.now_s
        replicas, batch = plan(view.latency, rate, view.slo_share_s, view.stage.batches)
        return view.setting.turned(replicas=min(replicas, view.limits.max_replicas), batch=batch)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return ByStage(lambda stage: NexusRule())
