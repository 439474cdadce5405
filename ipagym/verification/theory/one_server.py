"""One server with one queue: general service, bursty arrivals, impatience, set-up and breakdowns."""

from dataclasses import dataclass
from math import exp

HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Moments:
    """The first two moments of a positive random time, in seconds and seconds squared."""

    first: float
    second: float

    @classmethod
    def of(cls, mean_s: float, cv: float) -> "Moments":
        """Those of mean `mean_s` and coefficient of variation `cv`."""
        return cls(mean_s, mean_s**2 * (1 + cv**2))

    @classmethod
    def of_attempts(cls, step_s: float, failing: float) -> "Moments":
        """Those of steps repeated until one does not fail."""
        done = 1 - failing
        return cls(step_s / done, step_s**2 * (1 + failing) / done**2)

    @property
    def residual_s(self) -> float:
        """Mean of what is left at a random instant within it."""
        return self.second / (2 * self.first)


def mg1_wait_s(rate_rps: float, service: Moments) -> float:
    """Mean wait in M/G/1, in seconds (Pollaczek 1930, Khinchine 1932)."""
    return rate_rps * service.second / (2 * (1 - rate_rps * service.first))


def gamma_m1_wait_s(rate_rps: float, cv: float, service_rps: float) -> float:
    """Mean wait in GI/M/1 with gamma gaps of coefficient of variation `cv`, in seconds.

    σ = A*(μ(1 − σ)) with the gaps' transform A*(s) = (1 + s·cv²/λ)^(−1/cv²), found by halving; W = σ / (μ(1 − σ)).
    """
    low, high = 0.0, 1 - 1e-12
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        transform = (1 + service_rps * (1 - middle) * cv**2 / rate_rps) ** (-1 / cv**2)
        low, high = (middle, high) if transform > middle else (low, middle)
    return low / (service_rps * (1 - low))


def impatient_loss(rate_rps: float, service_rps: float, patience_s: float) -> float:
    """Share of requests lost in M/M/1 where each leaves after waiting `patience_s` (Barrer 1957); λ ≠ μ."""
    clearing, load = service_rps - rate_rps, rate_rps / service_rps
    left = exp(-clearing * patience_s)
    empty = 1 / (1 + rate_rps * (1 - left) / clearing + load * left)
    return empty * load * left


def setup_wait_s(rate_rps: float, service: Moments, setup: Moments) -> float:
    """Mean wait in M/G/1 whose server goes off when it has nothing to do, and sets up for the next request.

    The wait of M/G/1, and on top (2E[D] + λE[D²]) / (2(1 + λE[D])) for a set-up D (Welch 1964).
    """
    idle = (2 * setup.first + rate_rps * setup.second) / (2 * (1 + rate_rps * setup.first))
    return mg1_wait_s(rate_rps, service) + idle


def breakdown_time_s(rate_rps: float, service_rps: float, failures_rps: float, repair: Moments) -> float:
    """Mean time in system in M/M/1 whose server fails at `failures_rps` while up, busy or idle, and is repaired.

    From the workload V by rate conservation, a = 1 + ξE[R] and p = 1 − 1/a the share of time down:
    E[V; up] = (λE[S²]/2 + ρ²pr) / (1 − ρa) with r = E[R²]/2E[R]; E[V] = aE[V; up] + pρr; and a request needs
    a(E[V] + E[S]) + pr. Exponential services may be resumed or begun again: the law is the same.
    """
    load = rate_rps / service_rps
    stretch = 1 + failures_rps * repair.first
    down = 1 - 1 / stretch
    while_up = (rate_rps / service_rps**2 + load**2 * down * repair.residual_s) / (1 - load * stretch)
    work_s = stretch * while_up + down * load * repair.residual_s
    return stretch * (work_s + 1 / service_rps) + down * repair.residual_s
