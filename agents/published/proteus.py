"""Proteus (Ahmad et al., ASPLOS 2024) and Jellyfish (Nigade et al., RTSS 2022): accuracy scaling on a fixed fleet.

Every 10 s both choose the variants and batches of a stage's devices such that the load is carried with the highest
accuracy. Proteus plans for 1.05 times an exponentially weighted mean of the last 20 seconds, and batches with l(b) <
SLO/2. If that load cannot be carried, it plans for lower and lower loads, down to the variant of highest throughput.
With identical devices and one type of request per stage, its integer program reduces to a mix of two variants, which is
enumerated. Jellyfish takes the rate of the last window, batches up to 12 with 2·l(b) ≤ SLO − network time, and anneals;
on such devices its objective is the same, and the enumeration exact. Devices are replicas (`ipagym.agents.common.fleet`
says how many). Cores do not change. The stages' parts of the SLO are our choice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ipagym.agents.common.by_stage import ByStage, StageView, latency_of
from ipagym.agents.common.fleet import OnFleet, lightest, load_peak_rps
from ipagym.agents.common.pace import Pace
from ipagym.agents.common.primitives import half_slo_batch, with_variant
from ipagym.agents.published.device_mix import Mix, Option, largest_mix, most_accurate_mix
from ipagym.forecast.recent_seconds import RecentSeconds
from ipagym.model.agent import Agent
from ipagym.model.configuration import Deployment, StageSetting
from ipagym.model.pipeline import Stage
from ipagym.task.scenario import Scenario

PERIOD_S = 10.0
COM = 1.6
SECONDS = 20
HEADROOM = 1.05


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetSettings:
    """A system's rules for load and batches. `network`: the longest network delay is subtracted from the SLO."""

    headroom: float
    demand: Callable[[np.ndarray], float]
    max_batch: int
    network: bool


def ewma_rps(arrivals: np.ndarray) -> float:
    """The mean of the last 20 seconds, weights falling by com/(1 + com) with age (pandas' `ewm(com=1.6)`)."""
    recent = arrivals[-SECONDS:].astype(np.float64)[::-1]
    weights = (COM / (1 + COM)) ** np.arange(len(recent))
    return float(weights @ recent / weights.sum()) if len(recent) else 0.0


def recent_rps(arrivals: np.ndarray) -> float:
    """The mean of the last ten seconds."""
    return float(arrivals[-int(PERIOD_S) :].mean()) if len(arrivals) else 0.0


PROTEUS = FleetSettings(headroom=HEADROOM, demand=ewma_rps, max_batch=8, network=False)
JELLYFISH = FleetSettings(headroom=1.0, demand=recent_rps, max_batch=12, network=True)


def options_of(stage: Stage, running: Deployment, slo_s: float, max_batch: int) -> list[Option]:
    """Each variant with the largest batch that leaves half the SLO, or its smallest batch if none does."""
    batches = [batch for batch in stage.batches if batch <= max_batch] or list(stage.batches[:1])
    found = []
    for variant in stage.variants:
        latency = latency_of(with_variant(running, variant), stage)
        batch = half_slo_batch(latency, slo_s, batches)
        if batch is not None:
            rps = latency.throughput_rps(batch)
            found.append(Option(variant=variant.name, batch=batch, rps=rps, accuracy=variant.accuracy))
    if found:
        return found
    rps, batch = stage.lightest.latency.throughput_rps(batches[0]), batches[0]
    return [Option(variant=stage.lightest.name, batch=batch, rps=rps, accuracy=stage.lightest.accuracy)]


class FleetRule:
    """One stage; its number of devices is that of the initial replicas."""

    def __init__(self, settings: FleetSettings) -> None:
        self.settings = settings
        self._devices: int | None = None
        self._pace = Pace(PERIOD_S)
        self._arrivals = RecentSeconds(SECONDS)

    def setting(self, view: StageView) -> StageSetting:
        """The mix for the load."""
        self._arrivals.observe(view.window.arrivals_per_s)
        if self._devices is None:
            self._devices = view.running.replicas
        if not self._pace.is_due(view.now_s):
            return view.setting
        options = options_of(view.stage, view.running, self._slo_s(view), self.settings.max_batch)
        rate = self.settings.headroom * self.settings.demand(self._arrivals.counts)
        kinds = min(2, view.limits.max_deployments)
        mix = most_accurate_mix(options, self._devices, rate, kinds=kinds) or largest_mix(options, self._devices)
        return setting_of(mix, view)

    def _slo_s(self, view: StageView) -> float:
        lost_s = view.window.network_max_s if self.settings.network else 0.0
        return view.slo_share_s * max(0.0, 1 - lost_s / view.slo_s)


def setting_of(mix: Mix, view: StageView) -> StageSetting:
    """The mix as deployments."""
    return StageSetting(
        tuple(
            replace(
                with_variant(view.running, view.stage.variant(option.variant)),
                replicas=number,
                batch=option.batch,
                weight=share,
            )
            for option, number, share in mix.parts
        )
    )


def make_proteus(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument; `proteus@n=4` has four devices for each stage."""
    return _on_fleet(PROTEUS, scenario)


def make_jellyfish(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument; `jellyfish@n=4` has four devices for each stage."""
    return _on_fleet(JELLYFISH, scenario)


def _on_fleet(settings: FleetSettings, scenario: Scenario) -> Agent:
    """The system on devices that carry the load's peak with the lightest variants: a peak only costs accuracy."""
    agent = ByStage(lambda stage: FleetRule(settings))
    return OnFleet(agent, lightest, load_peak_rps(scenario))
