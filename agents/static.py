"""Two agents that never change their mind: the cheapest and the most accurate end of the range."""

from collections.abc import Sequence

import numpy as np

from ipagym.configuration import Configuration, Limits, StageSetting
from ipagym.pipeline import Pipeline
from ipagym.window import Window


class StaticMin:
    """The lightest variant of each stage, one replica, the smallest batch."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Settle on the configuration."""
        self.configuration = Configuration(
            tuple(StageSetting(s.lightest.name, 1, s.batches[0]) for s in pipeline.stages)
        )

    def decide(self, window: Window) -> Configuration:
        """Always the same configuration."""
        return self.configuration


class StaticMax:
    """The most accurate variant of each stage at the smallest batch, in as many replicas as the nodes hold.

    Replicas are handed out to the stages in turn, up to `max_replicas` each, as long as all of them still fit on the
    nodes. Every stage has at least one, whether it fits or not.
    """

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Settle on the configuration."""
        variants = [stage.most_accurate for stage in pipeline.stages]
        replicas = largest_replicas([v.base_cores for v in variants], limits)
        settings = zip(variants, replicas, pipeline.stages, strict=True)
        self.configuration = Configuration(tuple(StageSetting(v.name, n, s.batches[0]) for v, n, s in settings))

    def decide(self, window: Window) -> Configuration:
        """Always the same configuration."""
        return self.configuration


def largest_replicas(cores: Sequence[int], limits: Limits) -> list[int]:
    """Replicas for stages of so many cores each, added in turn until no further one fits the limits."""
    replicas = [1] * len(cores)
    growing = set(range(len(cores)))
    while growing:
        for stage in sorted(growing):
            replicas[stage] += 1
            asked = sum(c * n for c, n in zip(cores, replicas, strict=True))
            is_too_much = replicas[stage] > limits.max_replicas or asked > (limits.max_cores or asked)
            if is_too_much or not fits(cores, replicas, limits.node_cores):
                replicas[stage] -= 1
                growing.discard(stage)
    return replicas


def fits(cores: Sequence[int], replicas: Sequence[int], node_cores: Sequence[int] | None) -> bool:
    """Whether all replicas find room, placed from large to small, each on the first node with room."""
    if node_cores is None:
        return True
    free = list(node_cores)
    for size in sorted((c for c, n in zip(cores, replicas, strict=True) for _ in range(n)), reverse=True):
        node = next((index for index, room in enumerate(free) if room >= size), None)
        if node is None:
            return False
        free[node] -= size
    return True
