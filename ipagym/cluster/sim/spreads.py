"""The spread of service times: the families of distributions that both engines draw from."""

from enum import IntEnum
from math import log1p, sqrt

from ipagym.task.physics import MEASURED


class Family(IntEnum):
    """The kinds of spread: none, a standard normal number, or a factor of mean 1."""

    CONSTANT = 0
    NORMAL = 1
    EXPONENTIAL = 2
    GAMMA = 3
    LOGNORMAL = 4


def family_of(service: str) -> tuple[Family, float]:
    """The family of a service rule, and its parameter: the shape of gamma, the σ of lognormal."""
    name, _, cv = service.partition(":")
    if name == "gamma":
        return Family.GAMMA, float(cv) ** -2.0
    if name == "lognormal":
        return Family.LOGNORMAL, sqrt(log1p(float(cv) ** 2))
    return {MEASURED: Family.NORMAL, "exponential": Family.EXPONENTIAL}.get(service, Family.CONSTANT), 0.0
