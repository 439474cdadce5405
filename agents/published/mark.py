"""MArk (Zhang et al., ATC 2019): replicas by a greedy plan for the future load, with more if the plan is too small.

As in its released scheduler, the plan of every minute is for the highest 5-second rate of the last minute plus 20 %
(its LSTM is commented out there). Replicas are removed only if none of the last six plans needed them. A stage has
replicas of one kind, so new and existing ones are the only two kinds; variant, batch and cores do not change. Overflow
to serverless functions is not simulated.
"""

from collections import deque
from math import ceil

from ipagym.agents.common.by_stage import ByStage, StageView, replica_rps
from ipagym.agents.common.pace import Pace
from ipagym.agents.published.mark_plan import LOOK_AHEAD, Kind, cover
from ipagym.forecast.recent_seconds import RecentSeconds
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.task.scenario import Scenario
from ipagym.workload.statistics import peak_rps

PERIOD_S = 60.0
BIN_S = 5
"""The load is its highest mean rate over this number of seconds."""

MARGIN = 1.2
LAUNCH_STEPS = 3.0
"""A launch costs as much as three minutes of running."""

KEPT_PLANS = 6
OVERLOAD_SHARE = 0.1


class MarkRule:
    """One stage; its rate is that of the pipeline, since every request reaches every stage."""

    def __init__(self) -> None:
        self._pace = Pace(PERIOD_S)
        self._plans: deque[int] = deque(maxlen=KEPT_PLANS)
        self._arrivals = RecentSeconds(int(PERIOD_S))

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted."""
        self._arrivals.observe(view.window.arrivals_per_s)
        current, most = view.running.replicas, view.limits.max_replicas
        per_replica = replica_rps(view.running, view.stage)
        if not self._pace.is_due(view.now_s):
            lacking = peak_rps(view.window.arrivals_per_s, BIN_S) - current * per_replica
            more = ceil(OVERLOAD_SHARE * lacking / per_replica) if lacking > 0 else 0
            return view.setting.turned(replicas=min(current + more, most))
        forecast = [MARGIN * peak_rps(self._arrivals.counts, BIN_S)] * LOOK_AHEAD
        running = Kind(name="running", capacity=per_replica, price=1.0, available=current)
        new = Kind(name="new", capacity=per_replica, price=1.0, launch=LAUNCH_STEPS)
        self._plans.append(sum(cover(forecast, (running, new)).values()))
        return view.setting.turned(replicas=min(max(1, *self._plans), most))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return ByStage(lambda stage: MarkRule())
