"""FA2 (Razavi et al., RTAS 2022): replicas and batches of a graph of stages, by dynamic programming over the SLO.

    min   Σ_s c_s·n_s
    s.t.  Σ (l_s(b_s) + (b_s − 1)/λ_s)  ≤  SLO     on every path
          n_s·h_s(b_s)  ≥  λ_s

Variants and cores are given. Time is counted in steps of 1 ms, rounded up. Stages equally far from the start stand
side by side and get the same part of the SLO: for chains, and where parallel branches have one stage each, that is
the optimum; where branches are of several stages it is a plan that holds, and may cost more than another. Of equally
cheap plans the one of smaller batches is taken, from the first stage on. The problem is the paper's as the later
papers of its authors state it; its own transformation of the graph was not available.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite

import numpy as np
from numpy.typing import NDArray

from ipagym.errors import InputError
from ipagym.latency import LatencyModel
from ipagym.optimize.problem import queue_wait_s

STEP_S = 1e-3
TOLERANCE = 1e-9

LONGEST_S = 1e6
"""A batch that takes longer to fill is not waited for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fa2Stage:
    """A stage with what it runs: latency, batches to choose from, cores of a replica, and its level in the graph."""

    latency: LatencyModel
    batches: tuple[int, ...]
    cores: int
    level: int


Sizes = list[tuple[int, int]]
"""Replicas and batch of each stage."""


def fewest_cores(stages: Sequence[Fa2Stage], rate_rps: float, *, slo_s: float, max_replicas: int) -> Sizes | None:
    """The cheapest replicas and batches that meet the SLO; none where there are none.

    Raises:
        InputError: the rate is negative or not finite.
    """
    if not (isfinite(rate_rps) and rate_rps >= 0):
        raise InputError(f"rate_rps must be finite and 0 or more, not {rate_rps}")
    steps = int(slo_s / STEP_S + TOLERANCE)
    options = [_options(stage, rate_rps, max_replicas) for stage in stages]
    tables = [_cheapest(each, steps) for each in options]
    levels = sorted({stage.level for stage in stages})
    cost = {level: sum(t for t, s in zip(tables, stages, strict=True) if s.level == level) for level in levels}
    onwards = _onwards([np.asarray(cost[level]) for level in levels], steps)
    if not np.isfinite(onwards[0][steps]):
        return None
    parts = dict(zip(levels, _parts([np.asarray(cost[level]) for level in levels], onwards, steps), strict=True))
    return [_smallest(each, parts[stage.level]) for each, stage in zip(options, stages, strict=True)]


@dataclass(frozen=True, slots=True)
class _Option:
    batch: int
    replicas: int
    steps: int
    cost: int


def _options(stage: Fa2Stage, rate_rps: float, max_replicas: int) -> list[_Option]:
    found = []
    for batch in stage.batches:
        seconds = stage.latency.p99(batch)
        replicas = max(1, ceil(rate_rps * seconds / batch * (1 - TOLERANCE)))
        in_all_s = seconds + queue_wait_s(batch, rate_rps)
        if replicas <= max_replicas and in_all_s < LONGEST_S:
            steps = ceil(in_all_s / STEP_S - TOLERANCE)
            found.append(_Option(batch, replicas, steps, replicas * stage.cores))
    return found


def _cheapest(options: Sequence[_Option], steps: int) -> NDArray[np.float64]:
    """The least cost with so many steps of time, shape (steps + 1,)."""
    table = np.full(steps + 1, np.inf)
    for option in options:
        table[option.steps :] = np.minimum(table[option.steps :], option.cost)
    return table


def _onwards(costs: Sequence[NDArray[np.float64]], steps: int) -> list[NDArray[np.float64]]:
    """For each level, the least cost of it and all after it with so many steps left."""
    after = [np.zeros(steps + 1)]
    for cost in reversed(costs):
        best = np.full(steps + 1, np.inf)
        for used in _jumps(cost):
            best[used:] = np.minimum(best[used:], cost[used] + after[0][: steps + 1 - used])
        after.insert(0, best)
    return after


def _parts(costs: Sequence[NDArray[np.float64]], onwards: Sequence[NDArray[np.float64]], steps: int) -> list[int]:
    """The steps that each level gets in a cheapest plan: as few as will do, from the first on."""
    left, parts = steps, []
    for cost, before, after in zip(costs, onwards, onwards[1:], strict=False):
        used = next(u for u in _jumps(cost) if u <= left and cost[u] + after[left - u] <= before[left] + TOLERANCE)
        parts.append(used)
        left -= used
    return parts


def _jumps(cost: NDArray[np.float64]) -> list[int]:
    """Where more time makes a level cheaper: no other number of steps is worth a look."""
    falls = np.flatnonzero(cost < np.concatenate([[np.inf], cost[:-1]]))
    return [int(step) for step in falls]


def _smallest(options: Sequence[_Option], steps: int) -> tuple[int, int]:
    able = [option for option in options if option.steps <= steps]
    best = min(able, key=lambda option: (option.cost, option.batch))
    return best.replicas, best.batch
