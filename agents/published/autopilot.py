"""Autopilot (Rzadca et al., EuroSys 2020): cores from past usage (vertical), or replicas (horizontal), by stage.

Usage is known by window, not by second. The time constants are the paper's (ticks of 5 min, a half-life of 12 h, the
last hour's maximum; horizontally a horizon of 72 h and a delay of two days before falls). In an episode of minutes,
almost nothing of the past would be forgotten: `time_scale` divides them. Memory, batch jobs and the share of starting
tasks are not simulated.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ipagym.agents.common.arguments import positive
from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.pace import Pace
from ipagym.agents.common.primitives import replicas_for
from ipagym.agents.published.autopilot_ensemble import Ensemble
from ipagym.agents.published.autopilot_windows import load_percentile, peak
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.task.scenario import Scenario

TICK_S = 300.0
HALF_LIFE_S = 12 * 3600.0
HOUR_S = 3600.0
HORIZON_S = 72 * HOUR_S
PUT_OFF_S = 48 * HOUR_S
MARGIN = 1.15
FULL, UNSEEN = 0.98, 1.25
"""The demand of replicas that are always busy is unknown; it is assumed to be a quarter more (our choice).
"""

SERVING = 0.95
"""The percentile of serving jobs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AutopilotSettings:
    """The recommender, and the divisor of the paper's time constants. `target` is the usage r* of a replica."""

    recommender: Literal["window", "ensemble"] = "window"
    time_scale: float = 1.0
    target: float = 0.6


class Ticks:
    """Usages of the windows of each tick; `ended` says whether a tick has just ended."""

    def __init__(self, time_scale: float, longest_s: float) -> None:
        self._pace = Pace(TICK_S / time_scale)
        self._open: list[float] = []
        self.kept: deque[NDArray[np.float64]] = deque(maxlen=max(1, int(longest_s / TICK_S)))

    def ended(self, usage: float, now_s: float) -> bool:
        """Add a window."""
        self._open.append(usage)
        if not self._pace.is_due(now_s):
            return False
        self.kept.append(np.array(self._open))
        self._open = []
        return True


class VerticalRule:
    """Cores of one stage: the recommender, its margin, then the maximum of the last hour."""

    def __init__(self, settings: AutopilotSettings) -> None:
        self.settings = settings
        self._ticks = Ticks(settings.time_scale, 4 * HALF_LIFE_S)
        self._hour: deque[float] = deque(maxlen=int(HOUR_S / TICK_S))
        self._ensemble: Ensemble | None = None

    def setting(self, view: StageView) -> StageSetting:
        """The cores wanted, from those that the profile knows."""
        used = view.seen.utilisation * view.cores * (UNSEEN if view.seen.utilisation >= FULL else 1.0)
        if not view.window.scraped or not self._ticks.ended(used, view.now_s):
            return view.setting
        choices = view.stage.variant(view.running.variant).core_choices
        self._hour.append(self._recommended(choices))
        wanted = max(self._hour)
        return view.setting.turned(cores=next((c for c in choices if c >= wanted), choices[-1]))

    def _recommended(self, choices: tuple[int, ...]) -> float:
        ticks = list(self._ticks.kept)
        if self.settings.recommender == "window":
            return MARGIN * load_percentile(ticks, SERVING, HALF_LIFE_S / TICK_S)
        if self._ensemble is None:
            self._ensemble = Ensemble(np.linspace(0.05, choices[-1], 20 * choices[-1]))
        return self._ensemble.observe(ticks[-1])


class HorizontalRule:
    """Replicas of one stage: the total peak usage divided by r*; falls are delayed, then the excess halves within an
    hour.
    """

    def __init__(self, settings: AutopilotSettings) -> None:
        self.settings = settings
        self._ticks = Ticks(settings.time_scale, HORIZON_S)
        self._wanted: deque[float] = deque(maxlen=int(PUT_OFF_S / TICK_S))

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted."""
        used = view.seen.utilisation * view.seen.ready * view.cores
        if not view.window.scraped or not self._ticks.ended(used, view.now_s):
            return view.setting
        self._wanted.append(peak(list(self._ticks.kept)) / (self.settings.target * view.cores))
        wanted, current = max(self._wanted), view.running.replicas
        if wanted < current:
            # Number of ticks in the hour in which the excess halves.
            wanted = max(wanted, current - (current - wanted) * (1 - 0.5 ** (TICK_S / HOUR_S)))
        return view.setting.turned(replicas=replicas_for(wanted, 1.0, view.limits.max_replicas))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: time_scale."""
    return _vertical("window", argument)


def make_ensemble(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: time_scale."""
    return _vertical("ensemble", argument)


def _vertical(recommender: Literal["window", "ensemble"], argument: str) -> Agent:
    time_scale = positive(argument, 1.0, name="autopilot", what="time_scale")
    return ByStage(lambda stage: VerticalRule(AutopilotSettings(recommender=recommender, time_scale=time_scale)))


def make_horizontal(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: time_scale."""
    time_scale = positive(argument, 1.0, name="autopilot-horizontal", what="time_scale")
    return ByStage(lambda stage: HorizontalRule(AutopilotSettings(time_scale=time_scale)))
