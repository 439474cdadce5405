"""One more replica above a utilisation, one less below another: the simplest rule."""

from dataclasses import dataclass

from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.pace import Pace
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Utilisations (0..1) above and below which replicas change by one, and the waiting time after a change."""

    high: float = 0.8
    low: float = 0.3
    cool_down_s: float = 30.0

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 1:
            raise InputError(f"thresholds must satisfy 0 <= low < high <= 1, not {self.low} and {self.high}")


class ThresholdRule:
    """One stage."""

    def __init__(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self._cool = Pace(thresholds.cool_down_s)

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted."""
        utilisation, replicas = view.seen.utilisation, view.running.replicas
        change = int(utilisation > self.thresholds.high) - int(utilisation < self.thresholds.low)
        wanted = min(max(replicas + change, 1), view.limits.max_replicas)
        if wanted == replicas or not self._cool.is_due(view.now_s):
            return view.setting
        return view.setting.turned(replicas=wanted)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: LOW-HIGH in percent, as in 30-80."""
    if not argument:
        return ByStage(lambda stage: ThresholdRule(Thresholds()))
    low, dash, high = argument.partition("-")
    if not (dash and low.isdecimal() and high.isdecimal() and len(low) < 4 and len(high) < 4):
        raise InputError(f"thresholds are two percentages, as in threshold:30-80, not {argument!r}")
    thresholds = Thresholds(low=int(low) / 100, high=int(high) / 100)
    return ByStage(lambda stage: ThresholdRule(thresholds))
