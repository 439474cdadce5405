"""FA2 as Sponge's authors coded it for comparison: the fewest one-core replicas, then the smallest batch.

    min   n,  then  b
    s.t.  l(b)  ≤  SLO − cl                       a batch fits into what is left
          n·⌊(SLO − cl) / l(b)⌋·b  ≥  R           the replicas carry the load within it
          (⌈R/(b·n)⌉ + 1)·l(b) + cl  <  0.9·SLO   and the last batch of a second is in time

(Their optimiser; FA2 itself is Razavi et al., RTAS 2022.)
"""

from collections.abc import Mapping
from math import ceil

RESERVE = 0.9


def fewest_replicas(
    latency_s: Mapping[int, float], rate_rps: float, *, slo_s: float, network_s: float, max_replicas: int
) -> tuple[int, int] | None:
    """Replicas and batch, given the latency in seconds of each batch size on one core; none where nothing will do."""
    left_s = slo_s - network_s
    for replicas in range(1, max_replicas + 1):
        for batch, seconds in sorted(latency_s.items()):
            if seconds > left_s or replicas * int(left_s / seconds) * batch < rate_rps:
                continue
            if (ceil(rate_rps / (batch * replicas)) + 1) * seconds + network_s < RESERVE * slo_s:
                return replicas, batch
    return None
