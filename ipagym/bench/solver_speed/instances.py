"""Random pipelines of any size whose variants look like those that IPA profiled, under an SLO that binds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from ipagym.model.configuration import Limits
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.optimize.frontier import solve as frontier
from ipagym.optimize.options import undominated_options
from ipagym.optimize.problem import Accuracy, IpaProblem, ipa_problem, stage_latency_s
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective

BATCHES = (1, 2, 4, 8)
RATES_RPS = (5.0, 40.0)
SEED = 0
MAX_STAGES, MAX_VARIANTS = 200, 100


@dataclass(frozen=True, slots=True)
class Size:
    """The number of stages, and of variants in each."""

    stages: int
    variants: int

    def __post_init__(self) -> None:
        if not (1 <= self.stages <= MAX_STAGES and 1 <= self.variants <= MAX_VARIANTS):
            raise InputError(f"size {self} must be within 1x1 and {MAX_STAGES}x{MAX_VARIANTS}")

    def __str__(self) -> str:
        return f"{self.stages}x{self.variants}"


def instances(size: Size, number: int, accuracy: Accuracy) -> Iterator[IpaProblem]:
    """One pipeline of this size under `number` random loads, with an SLO half way between the shortest latency that
    carries the load and the latency of the optimum without an SLO.
    """
    rng = np.random.default_rng([SEED, size.stages, size.variants])
    pipeline = random_pipeline(size, rng)
    weights = Objective(alpha=10.0 * size.stages, beta=0.5, delta=1e-6)
    for rate_rps in rng.uniform(*RATES_RPS, size=number).tolist():
        yield bound(ipa_problem(pipeline, rate_rps, Limits(max_replicas=100), weights, accuracy=accuracy))


def random_pipeline(size: Size, rng: np.random.Generator) -> Pipeline:
    """A chain of stages; the more accurate a variant, the slower it is, or the more cores it holds."""
    return Pipeline(
        name=f"random {size}",
        stages=tuple(_stage(f"s{s}", size.variants, rng) for s in range(size.stages)),
        slo_s=inf,
        idle_watts_per_core=0.0,
        busy_watts_per_core=0.0,
    )


def bound(problem: IpaProblem) -> IpaProblem:
    """The problem with an SLO that binds."""
    shortest_s = sum(float(stage.latency_s.min()) for stage in undominated_options(problem))
    free = frontier.solve(problem).answer
    chosen = {(stage, s.variant, s.batch) for stage, s in enumerate(free.first_deployments)}
    taken = [c for stage in problem.stages for c in stage if (c.stage, c.variant, c.batch) in chosen]
    longest_s = sum(stage_latency_s(choice, problem.rate_rps) for choice in taken)
    return replace(problem, slo_s=(shortest_s + longest_s) / 2)


def _stage(name: str, variants: int, rng: np.random.Generator) -> Stage:
    accuracies = np.sort(rng.uniform(0.4, 0.95, size=variants)).tolist()
    return Stage(
        name=name,
        batches=BATCHES,
        variants=tuple(_variant(f"v{v}", accuracy, rng) for v, accuracy in enumerate(accuracies)),
    )


def _variant(name: str, accuracy: float, rng: np.random.Generator) -> Variant:
    base_s, slope = rng.uniform(0.5, 1.5) * 0.25 * accuracy**2, rng.uniform(0.3, 1.0)
    seconds = {batch: float(base_s * (1 + slope * (batch - 1))) for batch in BATCHES}
    latency = LatencyModel(average_s=seconds, p99_s=seconds)
    cores = int(rng.choice([1, 2, 4, 8]))
    return Variant(name=name, accuracy=accuracy, base_cores=cores, load_s=0.0, latency=latency)
