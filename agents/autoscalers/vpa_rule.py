"""The recommendation of Kubernetes' Vertical Pod Autoscaler, and the condition for applying it, as pure functions.

Source: kubernetes/autoscaler, `vertical-pod-autoscaler/pkg/recommender/logic` (percentiles 50, 90 and 95, a margin of
15 %, bounds widened where little is known yet),
`pkg/recommender/model/types.go` (amounts), `pkg/utils/vpa/capping.go` (bounds of a policy) and `pkg/updater/priority`.
"""

from dataclasses import dataclass
from math import floor, inf

from ipagym.agents.autoscalers.vpa_histogram import DecayingHistogram

TARGET, LOWER, UPPER = 0.9, 0.5, 0.95
MARGIN = 0.15
LEAST_CORES = 0.025
SAMPLES_PER_DAY = 1440
DAY_S = 86400.0
LEAST_CHANGE = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Recommendation:
    """Cores for one replica: the target request, and the bounds within which another request is not changed."""

    target: float
    lower: float
    upper: float


def confidence(lifespan_s: float, samples: int, time_scale: float = 1.0) -> float:
    """Days of samples: the smaller of the days by time and by number."""
    return min(lifespan_s * time_scale / DAY_S, samples / SAMPLES_PER_DAY)


def recommendation(usage: DecayingHistogram, trust: float) -> Recommendation:
    """Percentile → margin → confidence (bounds only) → minimum, each truncated to whole thousandths of a core."""
    target, lower, upper = (_with_margin(_cut(1000 * usage.percentile(share))) for share in (TARGET, LOWER, UPPER))
    return Recommendation(
        target=_cores(target), lower=_cores(lower * lower_factor(trust)), upper=_cores(upper * upper_factor(trust))
    )


def capped(wanted: Recommendation, least: float, most: float) -> Recommendation:
    """Target and bounds, each raised to at least `least` cores, then reduced to at most `most`."""
    target, lower, upper = (min(max(each, least), most) for each in (wanted.target, wanted.lower, wanted.upper))
    return Recommendation(target=target, lower=lower, upper=upper)


def upper_factor(trust: float) -> float:
    """1 + 1/confidence: infinite without samples."""
    return 1 + 1 / trust if trust > 0 else inf


def lower_factor(trust: float) -> float:
    """(1 + 0.001/confidence)^−2: 0 without samples."""
    return (1 + 0.001 / trust) ** -2 if trust > 0 else 0.0


def is_worth_it(request: float, wanted: Recommendation, *, is_old: bool) -> bool:
    """True if the updater acts: the request is outside the bounds, or differs by 10 % and the pod is old enough."""
    is_outside = request < wanted.lower or request > wanted.upper
    return is_outside or (is_old and abs(request - wanted.target) / request >= LEAST_CHANGE)


def _with_margin(milli: float) -> float:
    return milli + _cut(milli * MARGIN)


def _cores(milli: float) -> float:
    return max(_cut(milli) / 1000, LEAST_CORES)


def _cut(milli: float) -> float:
    return milli if milli == inf else floor(milli)
