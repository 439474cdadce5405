"""FA2 (Razavi et al., RTAS 2022): replicas and batches of a graph of stages, by dynamic programming over the SLO.

    min   Σ_s c_s·n_s
    s.t.  Σ (l_s(b_s) + (b_s − 1)/λ_s)  ≤  SLO     on every path
          n_s·h_s(b_s)  ≥  λ_s

Variants and cores are given. What part of the SLO a stage gets matters only where it makes the stage cheaper: between
two such steps nothing changes, so that there is no grid of time to round to, and the answer is exact. Stages equally
far from the start stand side by side and get the same part: for chains, and where parallel branches have one stage
each, that is the optimum; where branches are of several stages it is a plan that holds, and may cost more than another.
Of equally cheap plans the one of smaller batches is taken, from the first stage on. There is no time limit: the steps
are never more than the cores that a plan can cost. The problem is the paper's as the later papers of its authors state
it; its own transformation of the graph was not available.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from ipagym.model.latency import LatencyModel
from ipagym.optimize.options import fewest
from ipagym.optimize.problem import TOLERANCE, queue_wait_s
from ipagym.system.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Fa2Stage:
    """A stage with what it runs: latency, batches to choose from, cores of a replica, and its level in the graph."""

    latency: LatencyModel
    batches: tuple[int, ...]
    cores: int
    level: int


ROUNDING = 1e-12
"""Relative slack for what sums of seconds lose when they are taken apart again."""

Sizes = list[tuple[int, int]]
"""Replicas and batch of each stage."""

Steps = list[tuple[float, int]]
"""Seconds, rising, and the cores that so much time makes do with, falling."""


def fewest_cores(stages: Sequence[Fa2Stage], rate_rps: float, *, slo_s: float, max_replicas: int) -> Sizes | None:
    """The cheapest replicas and batches that meet the SLO; none where there are none.

    Raises:
        InputError: the rate is negative or not finite, or the SLO is not above 0.
    """
    if not (isfinite(rate_rps) and rate_rps >= 0):
        raise InputError(f"rate_rps must be finite and 0 or more, not {rate_rps}")
    if not slo_s > 0:
        raise InputError(f"slo_s must be above 0 seconds, not {slo_s}")
    options = [_options(stage, rate_rps, max_replicas) for stage in stages]
    levels = sorted({stage.level for stage in stages})
    members = [[o for o, s in zip(options, stages, strict=True) if s.level == level] for level in levels]
    costs = [_side_by_side([_steps((o.seconds, o.cost) for o in each) for each in level]) for level in members]
    parts = _parts(costs, slo_s * (1 + TOLERANCE))
    if parts is None:
        return None
    by_level = dict(zip(levels, parts, strict=True))
    return [_smallest(each, by_level[stage.level]) for each, stage in zip(options, stages, strict=True)]


@dataclass(frozen=True, slots=True)
class _Option:
    batch: int
    replicas: int
    seconds: float
    cost: int


def _options(stage: Fa2Stage, rate_rps: float, max_replicas: int) -> list[_Option]:
    found = []
    for batch in stage.batches:
        replicas = fewest(rate_rps, stage.latency.throughput_rps(batch))
        in_all_s = stage.latency.p99(batch) + queue_wait_s(batch, rate_rps)
        if replicas <= max_replicas and isfinite(in_all_s):
            found.append(_Option(batch, replicas, in_all_s, replicas * stage.cores))
    return found


def _steps(points: Iterable[tuple[float, int]]) -> Steps:
    """The amounts of time from which on it is cheaper: no other one is worth a look."""
    steps: Steps = []
    for seconds, cost in sorted(points):
        if not steps or cost < steps[-1][1]:
            steps.append((seconds, cost))
    return steps


def _side_by_side(each: Sequence[Steps]) -> Steps:
    """Stages that get the same time: what they cost together."""
    times = sorted({seconds for steps in each for seconds, _ in steps})
    return _steps(
        (seconds, sum(_cost(steps, seconds) for steps in each)) for seconds in times if _all_can(each, seconds)
    )


def _all_can(each: Sequence[Steps], seconds: float) -> bool:
    return all(steps and steps[0][0] <= seconds for steps in each)


def _cost(steps: Steps, seconds: float) -> int:
    return min(cost for needed_s, cost in steps if needed_s <= seconds)


def _parts(costs: Sequence[Steps], slo_s: float) -> list[float] | None:
    """The time that each level gets in a cheapest plan: as little as will do, from the first on."""
    onwards: list[Steps] = [[(0.0, 0)]]
    for steps in reversed(costs):
        onwards.insert(0, _steps((s + t, c + d) for s, c in steps for t, d in onwards[0] if s + t <= slo_s))
    if not onwards[0]:
        return None
    left_cost, left_s, parts = onwards[0][-1][1], slo_s * (1 + ROUNDING), []
    for steps, after in zip(costs, onwards[1:], strict=True):
        seconds, cost = next(each for each in steps if _reaches(after, left_s - each[0], left_cost - each[1]))
        parts.append(seconds)
        left_cost, left_s = left_cost - cost, left_s - seconds
    return parts


def _reaches(after: Steps, left_s: float, left_cost: int) -> bool:
    """True where so much time and so many cores are enough for the levels that follow."""
    return any(seconds <= left_s and cost <= left_cost for seconds, cost in after)


def _smallest(options: Sequence[_Option], seconds: float) -> tuple[int, int]:
    able = [option for option in options if option.seconds <= seconds]
    best = min(able, key=lambda option: (option.cost, option.batch))
    return best.replicas, best.batch
