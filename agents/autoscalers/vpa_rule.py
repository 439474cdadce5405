"""What Kubernetes' Vertical Pod Autoscaler recommends, and when it is applied, as pure functions.

Source: kubernetes/autoscaler, `vertical-pod-autoscaler/pkg/recommender/logic` (percentiles 50, 90 and 95, a margin of
15 %, bounds widened where little is known yet) and `pkg/updater/priority`.
"""

from dataclasses import dataclass
from math import ceil

from ipagym.agents.autoscalers.vpa_histogram import DecayingHistogram

TARGET, LOWER, UPPER = 0.9, 0.5, 0.95
MARGIN = 0.15
LEAST_CORES = 0.025
SAMPLES_PER_DAY = 1440
DAY_S = 86400.0
LEAST_CHANGE = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Recommendation:
    """Cores for one replica: what it should request, and the bounds within which another request is left alone."""

    target: float
    lower: float
    upper: float


def confidence(lifespan_s: float, samples: int, time_scale: float = 1.0) -> float:
    """How many days of samples there are, by time and by number, the lesser of both."""
    return min(lifespan_s * time_scale / DAY_S, samples / SAMPLES_PER_DAY)


def recommendation(usage: DecayingHistogram, trust: float) -> Recommendation:
    """Percentile → margin → confidence (bounds only) → minimum → rounded up to a thousandth of a core."""
    upper = _with_margin(usage.percentile(UPPER)) * upper_factor(trust)
    lower = _with_margin(usage.percentile(LOWER)) * lower_factor(trust)
    return Recommendation(
        target=_rounded(_with_margin(usage.percentile(TARGET))), lower=_rounded(lower), upper=_rounded(upper)
    )


def upper_factor(trust: float) -> float:
    """1 + 1/confidence: infinite where nothing is known."""
    return 1 + 1 / trust if trust > 0 else float("inf")


def lower_factor(trust: float) -> float:
    """(1 + 0.001/confidence)^−2: nothing where nothing is known."""
    return (1 + 0.001 / trust) ** -2 if trust > 0 else 0.0


def is_worth_it(request: float, wanted: Recommendation, *, is_old: bool) -> bool:
    """Whether the updater acts: the request is outside the bounds, or it is off by 10 % and the pod is old enough."""
    is_outside = request < wanted.lower or request > wanted.upper
    return is_outside or (is_old and abs(request - wanted.target) / request >= LEAST_CHANGE)


def _with_margin(cores: float) -> float:
    return cores * (1 + MARGIN)


def _rounded(cores: float) -> float:
    if cores == float("inf"):
        return cores
    return ceil(max(cores, LEAST_CORES) * 1000 - 1e-6) / 1000
