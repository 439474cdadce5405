"""Random IPA problems in which the SLO and the budget of cores bind at once, and all that can be had, by trying."""

from itertools import product
from math import ceil, inf

import numpy as np

from ipagym.optimize.problem import TOLERANCE, Accuracy, Choice, IpaProblem, queue_wait_s
from ipagym.task.objective import Objective

BATCHES = (1, 2, 4, 8)


def choices(index: int, rng: np.random.Generator, time_unit_s: float = 1.0) -> tuple[Choice, ...]:
    """Two to four variants of a stage; cores are drawn without regard to speed, so that either may be scarce."""
    found = []
    for number in range(int(rng.integers(2, 5))):
        alone_s, growth = rng.uniform(0.02, 0.4) * time_unit_s, rng.uniform(0.1, 1.0)
        cores, accuracy = int(rng.choice([1, 2, 4, 8])), float(rng.choice([rng.uniform(0.3, 1.0), 0.5, 1.0]))
        for batch in BATCHES:
            seconds = float(alone_s * (1 + growth * (batch - 1)))
            found.append(
                Choice(
                    stage=index,
                    variant=f"v{number}",
                    batch=batch,
                    latency_s=seconds,
                    throughput_rps=batch / seconds,
                    cores=cores,
                    accuracy=accuracy,
                )
            )
    return tuple(found)


def binding_problem(
    seed: int, *, accuracy: Accuracy | None = None, time_unit_s: float = 1.0, weight: float = 1.0
) -> IpaProblem:
    """A problem whose SLO and cores are just what one random plan takes, or little more.

    Seconds come in units of `time_unit_s`, weights of the objective in units of `weight`.
    """
    rng = np.random.default_rng(seed)
    stages = tuple(choices(index, rng, time_unit_s) for index in range(int(rng.integers(1, 4))))
    rate_rps = 0.0 if rng.random() < 0.05 else float(rng.uniform(1, 40)) / time_unit_s
    plan = [stage[rng.integers(len(stage))] for stage in stages]
    slack = float(rng.choice([1.0, rng.uniform(1.0, 1.1)]))
    return IpaProblem(
        stages=stages,
        rate_rps=rate_rps,
        slo_s=slack * sum(c.latency_s + queue_wait_s(c.batch, rate_rps) for c in plan),
        objective=Objective(
            alpha=weight * float(rng.choice([0, 2, 20, 100])),
            beta=weight,
            delta=weight * float(rng.choice([1e-6, 0.01])),
        ),
        max_replicas=int(rng.choice([5, 20])),
        total_cores=sum(max(1, ceil(rate_rps / c.throughput_rps - 1e-9)) * c.cores for c in plan),
        accuracy=accuracy or ("product" if rng.random() < 0.6 else "sum"),
    )


def best_value(problem: IpaProblem) -> float | None:
    """The largest objective of all plans, each choice in its fewest replicas; none where no plan is feasible."""
    rate_rps, best = problem.rate_rps, -inf
    sized = [
        [(c, max(1, ceil(rate_rps / c.throughput_rps * (1 - TOLERANCE)))) for c in stage] for stage in problem.stages
    ]
    for plan in product(*([(c, n) for c, n in stage if n <= problem.max_replicas] for stage in sized)):
        cores = sum(n * c.cores for c, n in plan)
        seconds = sum(c.latency_s + queue_wait_s(c.batch, rate_rps) for c, _ in plan)
        has_room = problem.total_cores is None or cores <= problem.total_cores
        if has_room and seconds <= problem.slo_s * (1 + TOLERANCE):
            accuracies = [c.accuracy for c, _ in plan]
            pas = float(np.prod(accuracies)) if problem.accuracy == "product" else sum(accuracies)
            batches = sum(c.batch for c, _ in plan)
            weights = problem.objective
            best = max(best, weights.alpha * pas - weights.beta * cores - weights.delta * batches)
    return None if best == -inf else best
