"""The least cost of serving a request, whatever is decided.

A stage that must hold a replica at all times pays for λ·F cores, F being the fewest that one has, and a replica of c
cores at work then for c − λ·F more, for any λ in 0..1: where none is at work F ≥ λ·F cores are held, and where some are
Σ c = Σ λ·F + Σ (c − λ·F) ≥ λ·F + Σ (c − λ·F). A batch of b requests is at work for l(b, c)·ξ seconds with a factor ξ of
chance (`chance`), and each of its requests is charged the least, over all b and c, of

    (ω·(c' − λ·F) + ω₁·c')·l(b, c)·ξ / b

where ω is the price of a core-second held and ω₁ that of one at work besides; c' = c, or the fewest cores of the
variant where a replica may be given fewer in place while it works, which a batch at work does not feel.
"""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from ipagym.bench.bound.sampling import least_s, levels, most_below
from ipagym.model.pipeline import Stage, Variant
from ipagym.task.scenario import Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Charges:
    """A statement that holds of an episode: rewards of what is served and held.

    `always`: what every window pays; `by_variant[s][v]`: what a request pays in stage s on variant v; `spared`: what
    chance may spare in the whole episode.
    """

    always: float
    by_variant: tuple[Floats, ...]
    spared: float

    def done_before(self, scenario: Scenario) -> float:
        """The work that may have been done for a request by the initial configuration, before the episode is scored."""
        total = 0.0
        for stage, setting, prices in zip(
            scenario.pipeline.stages, scenario.initial.stages, self.by_variant, strict=True
        ):
            names = {deployment.variant for deployment in setting.deployments}
            total += max(price for price, variant in zip(prices, stage.variants, strict=True) if variant.name in names)
        return total


def charges(scenario: Scenario, *, requests: int, share: float, level: int) -> Charges:
    """The statement for λ = `share` and the level of this number, of an episode of so many requests."""
    stages, known = scenario.pipeline.stages, levels(scenario.physics)[level:]
    prices = [[_of_stage(scenario, stage, share, each) for stage in stages] for each in known]
    draws, spared = requests * len(stages), 0.0
    for above, below, zeta in zip(prices, prices[1:], known, strict=False):
        each = max(s.batches[-1] * float((a - b).max()) for s, a, b in zip(stages, above, below, strict=True))
        spared += most_below(zeta, draws) * each
    held, _ = _core_second(scenario)
    cores = sum(cores_always_held(scenario, stage) for stage in stages)
    batches = scenario.objective.delta * sum(stage.batches[0] for stage in stages)
    always = share * held * cores * scenario.interval_s + batches
    return Charges(always=always, by_variant=tuple(prices[0]), spared=spared)


def cores_always_held(scenario: Scenario, stage: Stage) -> int:
    """Cores of the smallest replica; none where replicas sleep, or may wait for room on nodes."""
    if scenario.limits.node_cores is not None or scenario.physics.keep_alive_s is not None:
        return 0
    return min(variant.core_choices[0] for variant in stage.variants)


def _core_second(scenario: Scenario) -> tuple[float, float]:
    """Prices of a core-second held, and of one at work besides.

    Energy: idle·(held − busy) + busy·busy watts is at least min(idle, busy)·held + max(0, busy − idle)·busy.
    """
    objective, pipeline = scenario.objective, scenario.pipeline
    idle_w, busy_w = pipeline.idle_watts_per_core, pipeline.busy_watts_per_core
    held = objective.beta / scenario.interval_s + objective.energy / 1000 * min(idle_w, busy_w)
    return held, objective.energy / 1000 * max(0.0, busy_w - idle_w)


def _of_stage(scenario: Scenario, stage: Stage, share: float, level: float) -> Floats:
    free = share * cores_always_held(scenario, stage)
    return np.array([_of_variant(scenario, variant, (stage.batches[-1], free, level)) for variant in stage.variants])


def _of_variant(scenario: Scenario, variant: Variant, case: tuple[int, float, float]) -> float:
    (most, free, level), physics, least = case, scenario.physics, inf
    held, at_work = _core_second(scenario)
    for cores in variant.core_choices:
        latency = variant.latency_on(cores)
        kept = cores if physics.resize_s is None else variant.core_choices[0]
        price = held * (kept - free) + at_work * kept
        for size in range(1, most + 1):
            least = min(least, price * least_s(latency, size, level, physics) / size)
    return least
