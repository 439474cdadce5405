"""The IPA problem reduced to one multiple choice per stage.

For a choice (variant, batch) the fewest replicas that carry the load are known beforehand, n = max(1, ⌈λ/h⌉): more of
them cost cores and bring nothing. What is left of a choice is what it is worth and what it takes. A choice that takes
more time or cores than there are for the whole pipeline can be left out, and so can one that another one beats in every
respect. All of this keeps the optimum.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ipagym.optimize.problem import TOLERANCE, Choice, IpaProblem, Plan, stage_latency_s

COUNTLESS = 10**15
"""Replicas beyond all bounds: their number is still exact in floating point."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Options:
    """The options of one stage, as arrays of shape (K,); K is 0 where nothing carries the load in time and has room.

    `cost` is β·n·R + δ·b in units of the objective, `latency_s` l + q, `cores` n·R of all replicas together. Option k
    is `choices[k]` in `replicas[k]` replicas.
    """

    choices: tuple[Choice, ...]
    replicas: NDArray[np.int64]
    accuracy: NDArray[np.float64]
    cost: NDArray[np.float64]
    latency_s: NDArray[np.float64]
    cores: NDArray[np.int64]

    def keep(self, which: NDArray[np.bool_]) -> "Options":
        """Those options where `which`, shape (K,), is true."""
        return Options(
            choices=tuple(choice for choice, kept in zip(self.choices, which, strict=True) if kept),
            replicas=self.replicas[which],
            accuracy=self.accuracy[which],
            cost=self.cost[which],
            latency_s=self.latency_s[which],
            cores=self.cores[which],
        )


def all_options(problem: IpaProblem) -> tuple[Options, ...]:
    """Every choice that can carry the load, in time and within the cores, in its fewest replicas, by stage."""
    return tuple(_options(problem, stage) for stage in problem.stages)


def undominated_options(problem: IpaProblem) -> tuple[Options, ...]:
    """The options of each stage without those that another one beats or equals in accuracy, cost, latency and cores.

    Of options that are equal throughout the first is kept.
    """
    return tuple(options.keep(~_dominated(options)) for options in all_options(problem))


def plan_of(options: tuple[Options, ...], picks: NDArray[np.int64]) -> Plan:
    """The plan that takes option `picks[s]` in stage s."""
    return [(o.choices[k], int(o.replicas[k])) for o, k in zip(options, picks.tolist(), strict=True)]


def fewest_replicas(choice: Choice, rate_rps: float) -> int:
    """The fewest replicas of a choice that carry the load."""
    return fewest(rate_rps, choice.throughput_rps)


def fewest(rate_rps: float, throughput_rps: float) -> int:
    """N = max(1, ⌈λ/h⌉), with the slack of `TOLERANCE`; `COUNTLESS` where it is more than that."""
    needed = rate_rps / throughput_rps * (1 - TOLERANCE)
    return max(1, ceil(needed)) if needed < COUNTLESS else COUNTLESS


def _options(problem: IpaProblem, stage: tuple[Choice, ...]) -> Options:
    """Those that would be within the SLO and the cores if all other stages took none of them."""
    sized = [(choice, fewest_replicas(choice, problem.rate_rps)) for choice in stage]
    able = [(choice, n) for choice, n in sized if n <= problem.max_replicas]
    cores = np.array([n * choice.cores for choice, n in able], dtype=np.int64)
    batches = np.array([choice.batch for choice, _ in able], dtype=np.float64)
    every = Options(
        choices=tuple(choice for choice, _ in able),
        replicas=np.array([n for _, n in able], dtype=np.int64),
        accuracy=np.array([choice.accuracy for choice, _ in able], dtype=np.float64),
        cost=problem.objective.price(cores.astype(np.float64), batches),
        latency_s=np.array([stage_latency_s(choice, problem.rate_rps) for choice, _ in able], dtype=np.float64),
        cores=cores,
    )
    fits = every.latency_s <= problem.allowed_s
    if problem.total_cores is not None:
        fits &= cores <= problem.total_cores
    return every if fits.all() else every.keep(fits)


def _dominated(options: Options) -> NDArray[np.bool_]:
    """True for the options, shape (K,), that another one beats or equals."""
    worse = np.stack([-options.accuracy, options.cost, options.latency_s, options.cores.astype(np.float64)])
    no_worse = (worse[:, :, np.newaxis] <= worse[:, np.newaxis, :]).all(axis=0)
    earlier = np.tri(len(options.choices), k=-1, dtype=np.bool_).T
    return np.asarray((no_worse & (~no_worse.T | earlier)).any(axis=0))
