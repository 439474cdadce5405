"""Rules that several published systems share: batches that leave room, replicas for a load, another variant."""

from collections.abc import Sequence
from dataclasses import replace

from ipagym.model.configuration import Deployment
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Variant
from ipagym.optimize.options import fewest
from ipagym.optimize.problem import TOLERANCE


def half_slo_batch(latency: LatencyModel, slo_s: float, batches: Sequence[int]) -> int | None:
    """The largest batch with 2·l(b) ≤ SLO, so that a request may just miss one batch; None if there is none.

    The rule of Nexus, Proteus, Loki and Jellyfish alike.
    """
    return max((b for b in batches if 2 * latency.p99(b) <= slo_s * (1 + TOLERANCE)), default=None)


def residual_batch(latency: LatencyModel, slo_s: float, rate_rps: float, batches: Sequence[int]) -> int | None:
    """The largest batch with (b − 1)/λ + l(b) ≤ SLO: it is filled and served in time (Nexus' residual load)."""
    if rate_rps <= 0:
        return batches[0]
    fits = (b for b in batches if (b - 1) / rate_rps + latency.p99(b) <= slo_s * (1 + TOLERANCE))
    return max(fits, default=None)


def replicas_for(rate_rps: float, throughput_rps: float, most: int) -> int:
    """⌈λ/h⌉ within 1..most."""
    return min(fewest(rate_rps, throughput_rps), most)


def with_variant(running: Deployment, variant: Variant) -> Deployment:
    """The deployment with another variant on the same cores, or on its base cores if it was not measured on these."""
    cores = running.cores if running.cores in variant.core_choices else None
    return replace(running, variant=variant.name, cores=cores)
