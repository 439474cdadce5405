"""Ray Serve's autoscaler on ongoing requests, one per stage.

Source: ray-project/ray, `python/ray/serve/autoscaling_policy.py`, `_private/autoscaling_state.py` and `config.py`. The
new number is proportional to the running replicas and smoothed; it is compared with, and bounded by, the requested
number. Ray ticks ten times a second; here a decision is taken once per window, and a direction must have lasted for the
delay. While no replica runs, the rule waits for the requested ones. Scaling to zero is not simulated.
"""

from dataclasses import dataclass
from math import ceil

from ipagym.agents.common.arguments import positive
from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.recent import Recent
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class RayServeSettings:
    """Ray Serve's `AutoscalingConfig` with its defaults: ongoing requests for each replica, and delays."""

    target_ongoing: float = 2.0
    upscale_delay_s: float = 30.0
    downscale_delay_s: float = 600.0
    look_back_s: float = 30.0
    upscaling_factor: float = 1.0
    downscaling_factor: float = 1.0


def desired_replicas(running: int, ongoing: float, settings: RayServeSettings) -> int:
    """Replicas for that many ongoing requests: proportional, smoothed, rounded up.

    If smoothing would change nothing although at least one replica is too many, one is removed. As in Ray, there is no
    tolerance for rounding errors.
    """
    wanted = running * (ongoing / (settings.target_ongoing * running))
    factor = settings.upscaling_factor if wanted > running else settings.downscaling_factor
    smoothed = ceil(running + factor * (wanted - running))
    if ceil(wanted) < running and smoothed == running:
        smoothed -= 1
    return max(1, smoothed)


class RayServeRule:
    """One stage."""

    def __init__(self, settings: RayServeSettings) -> None:
        self.settings = settings
        self._recent = Recent(settings.look_back_s)
        self._direction, self._since_s = 0, 0.0

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted, after they were wanted for the delay."""
        if view.window.scraped:
            self._recent.add(view.now_s, view.window.duration_s, view.in_flight)
        current, running, most = view.running.replicas, view.seen.ready, view.limits.max_replicas
        ongoing = self._recent.mean_over(self.settings.look_back_s)
        if not running:
            cold = ceil(self.settings.upscaling_factor) if ongoing > 0 else 0
            return view.setting.turned(replicas=min(max(current, cold), most))
        wanted = min(desired_replicas(running, ongoing, self.settings), most)
        direction = (wanted > current) - (wanted < current)
        if direction != self._direction:
            self._direction, self._since_s = direction, view.now_s
        delay_s = self.settings.upscale_delay_s if direction > 0 else self.settings.downscale_delay_s
        if direction and view.now_s - self._since_s >= delay_s:
            self._direction = 0
            return view.setting.turned(replicas=wanted)
        return view.setting


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: target_ongoing_requests."""
    settings = RayServeSettings(
        target_ongoing=positive(argument, 2.0, name="ray-serve", what="target_ongoing_requests")
    )
    return ByStage(lambda stage: RayServeRule(settings))
