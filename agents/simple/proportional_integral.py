"""A proportional–integral controller of latency, by replicas or by cores.

The error is the relative distance of the 99th percentile of latency from the target share of the SLO, e =
p99/(share·SLO) − 1, clipped to [−1, 1]. In its velocity form (Åström and Hägglund, PID Controllers, 1995, §3.5) the
controller multiplies its output by exp(Kp·(e − e') + Ki·e·Δt): there is no windup at a bound, and the effect of noise
is reversed.
"""

from math import ceil, exp
from typing import Literal

from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.task.scenario import Scenario

SHARE = 0.7
"""The target share of the SLO."""

PROPORTIONAL, INTEGRAL = 0.5, 0.01
"""Kp has no unit, Ki is per second."""


class LatencyRule:
    """One stage; every stage controls the latency of the whole pipeline."""

    def __init__(self, turned: Literal["replicas", "cores"]) -> None:
        self.turned = turned
        self._error_before: float | None = None
        self._level: float | None = None

    def setting(self, view: StageView) -> StageSetting:
        """Replicas or cores for the latency seen."""
        window, by_replicas = view.window, self.turned == "replicas"
        now = view.running.replicas if by_replicas else view.cores
        choices = view.stage.variant(view.running.variant).core_choices
        most = view.limits.max_replicas if by_replicas else choices[-1]
        level = float(now) if self._level is None else self._level
        if window.scraped and (window.completed or window.violations):
            error = self._error(view)
            before = error if self._error_before is None else self._error_before
            change = PROPORTIONAL * (error - before) + INTEGRAL * error * window.duration_s
            level *= exp(change)
            self._error_before = error
        self._level = min(max(level, 1.0), float(most))
        wanted = ceil(self._level - 1e-9)
        if by_replicas:
            return view.setting.turned(replicas=wanted)
        return view.setting.turned(cores=next(cores for cores in choices if cores >= wanted))

    def _error(self, view: StageView) -> float:
        if not view.window.completed:
            return 1.0
        latency_s = view.window.latency_quantile_s(0.99)
        return min(max(latency_s / (SHARE * view.slo_s) - 1, -1.0), 1.0)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return ByStage(lambda stage: LatencyRule("replicas"))


def make_by_cores(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return ByStage(lambda stage: LatencyRule("cores"))
