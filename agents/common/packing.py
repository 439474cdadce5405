"""Replicas on nodes and within a budget of cores: as many as fit."""

from collections.abc import Sequence

from ipagym.model.configuration import Limits


def largest_replicas(cores: Sequence[int], limits: Limits) -> list[int]:
    """Replicas for stages with these cores each, added in turn until no further one fits the limits."""
    replicas = [1] * len(cores)
    growing = set(range(len(cores)))
    while growing:
        for stage in sorted(growing):
            replicas[stage] += 1
            if replicas[stage] > limits.max_replicas or not has_room(cores, replicas, limits):
                replicas[stage] -= 1
                growing.discard(stage)
    return replicas


def has_room(cores: Sequence[int], replicas: Sequence[int], limits: Limits) -> bool:
    """True if these replicas fit the budget and the nodes."""
    asked = sum(c * n for c, n in zip(cores, replicas, strict=True))
    return asked <= (limits.max_cores or asked) and fits(cores, replicas, limits.node_cores)


def fits(cores: Sequence[int], replicas: Sequence[int], node_cores: Sequence[int] | None) -> bool:
    """True if all replicas fit, placed from large to small, each on the first node with room."""
    if node_cores is None:
        return True
    free = list(node_cores)
    for size in sorted((c for c, n in zip(cores, replicas, strict=True) for _ in range(n)), reverse=True):
        node = next((index for index, room in enumerate(free) if room >= size), None)
        if node is None:
            return False
        free[node] -= size
    return True
