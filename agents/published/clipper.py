"""Clipper's adaptive batching (Crankshaw et al., NSDI 2017, §4.3): additive increase, multiplicative decrease.

The batch grows by one while latency is within the SLO, and shrinks to 0.9 times its size otherwise. Clipper measures
each batch; here the 99th percentile of a window's latency is compared with the pipeline's SLO. The stage runs its
largest batch within that size. Variant, replicas and cores do not change.
"""

from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.fleet import OnFleet, as_found, load_peak_rps
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.task.scenario import Scenario

STEP = 1.0
BACK_OFF = 0.9


def next_size(size: float, latency_s: float, slo_s: float, largest: int) -> float:
    """The batch size to aim at, from 1 to the largest."""
    return max(1.0, BACK_OFF * size) if latency_s > slo_s else min(size + STEP, float(largest))


class AimdRule:
    """One stage; windows without answers are ignored, unless a request was late."""

    def __init__(self) -> None:
        self._size: float | None = None

    def setting(self, view: StageView) -> StageSetting:
        """The batch wanted."""
        if self._size is None:
            self._size = float(view.running.batch)
        window, batches = view.window, view.stage.batches
        if window.scraped and (window.completed or window.violations):
            latency_s = window.latency_quantile_s(0.99) if window.completed else float("inf")
            self._size = next_size(self._size, latency_s, view.slo_s, batches[-1])
        return view.setting.turned(batch=max((b for b in batches if b <= self._size + 1e-9), default=batches[0]))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument; has replicas that carry the load's peak with the variants found, `clipper@n=4` four."""
    agent = ByStage(lambda stage: AimdRule())
    return OnFleet(agent, as_found, load_peak_rps(scenario))
