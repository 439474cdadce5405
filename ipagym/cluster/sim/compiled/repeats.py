"""The spread of a service time that is drawn anew; as in `ipagym.cluster.sim.reference.repeats`."""

from math import cos, exp, log, log1p, pi, sqrt

from ipagym.cluster.sim.compiled.access import places_of, requests_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record
from ipagym.cluster.sim.compiled.philox import uniforms
from ipagym.cluster.sim.spreads import Family
from ipagym.random.philox import ATTEMPT_BITS, TRIAL_BITS, Concern

REPEAT = int(Concern.REPEAT)
_, NORMAL, EXPONENTIAL, GAMMA, LOGNORMAL = (int(family) for family in Family)


@kernel
def spread_again(rules: Record, sim: Record, request: int, stage: int) -> None:
    """The stage serves the request again: the service takes as long as chance says this time."""
    place = places_of(sim)[request, stage]
    place.repeats += 1
    number = requests_of(sim)[request].index | (place.repeats << ATTEMPT_BITS)
    if rules.family == EXPONENTIAL:
        place.spread = -log1p(-uniforms(sim, REPEAT, stage, number)[0])
    elif rules.family == NORMAL:
        place.spread = _normal(sim, stage, number)
    elif rules.family == LOGNORMAL:
        place.spread = exp(rules.parameter * _normal(sim, stage, number) - rules.parameter * rules.parameter / 2)
    elif rules.family == GAMMA:
        place.spread = _gamma(sim, rules.parameter, stage, number) / rules.parameter


@kernel
def _normal(sim: Record, stage: int, number: int) -> float:
    first, second = uniforms(sim, REPEAT, stage, number)
    return sqrt(-2.0 * log1p(-first)) * cos(2.0 * pi * second)


@kernel
def _gamma(sim: Record, shape: float, stage: int, number: int) -> float:
    d = (shape + 1.0 if shape < 1.0 else shape) - 1.0 / 3.0
    c = 1.0 / sqrt(9.0 * d)
    trial = 0
    while True:
        z = _normal(sim, stage, number | (2 * trial) << TRIAL_BITS)
        u, below = uniforms(sim, REPEAT, stage, number | (2 * trial + 1) << TRIAL_BITS)
        v = 1.0 + c * z
        v = v * v * v
        if v > 0.0 and log1p(-u) < z * z / 2.0 + d - d * v + d * log(v):
            return d * v * exp(log1p(-below) / shape) if shape < 1.0 else d * v
        trial += 1
