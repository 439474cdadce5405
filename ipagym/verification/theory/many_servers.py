"""Poisson arrivals at c equal servers with one queue: Erlang and Crommelin."""

import numpy as np

ROOT_ITERATIONS = 10_000


def erlang_b(load: float, servers: int) -> float:
    """Probability that all of `servers` are busy where nobody waits; `load` = λ/μ (Erlang 1917)."""
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Probability that a request waits in M/M/c; `load` = λ/μ < c (Erlang 1917)."""
    blocked, utilisation = erlang_b(load, servers), load / servers
    return blocked / (1 - utilisation * (1 - blocked))


def mmc_wait_s(rate_rps: float, service_rps: float, servers: int) -> float:
    """Mean wait in M/M/c, in seconds."""
    return erlang_c(rate_rps / service_rps, servers) / (servers * service_rps - rate_rps)


def mmc_wait_tail(rate_rps: float, service_rps: float, servers: int, beyond_s: float) -> float:
    """P(wait > beyond_s) in M/M/c."""
    waits = erlang_c(rate_rps / service_rps, servers)
    return float(waits * np.exp(-(servers * service_rps - rate_rps) * beyond_s))


def mmc_time_tail(rate_rps: float, service_rps: float, servers: int, beyond_s: float) -> float:
    """P(time in system > beyond_s) in M/M/c: of an exponential service after a wait that is 0 or exponential."""
    waits = erlang_c(rate_rps / service_rps, servers)
    clearing = servers * service_rps - rate_rps
    alone = np.exp(-service_rps * beyond_s)
    gap = clearing - service_rps
    after_wait = beyond_s * alone if gap == 0 else (alone - np.exp(-clearing * beyond_s)) / gap
    return float((1 - waits) * alone + waits * (np.exp(-clearing * beyond_s) + clearing * after_wait))


def mmck_blocking(rate_rps: float, service_rps: float, servers: int, places: int) -> float:
    """Probability that a request is turned away in M/M/c/K with K = `places`, those at the servers included."""
    load, weight, total = rate_rps / service_rps, 1.0, 1.0
    for k in range(1, places + 1):
        weight *= load / min(k, servers)
        total += weight
    return weight / total


def mdc_wait_s(rate_rps: float, service_s: float, servers: int) -> float:
    """Mean wait in M/D/c, in seconds (Crommelin 1932): from the c − 1 roots of z^c = e^{a(z−1)} inside the circle."""
    load = rate_rps * service_s
    queue = (load**2 - servers * (servers - 1)) / (2 * (servers - load))
    queue += sum((1 / (1 - _root(load, servers, k))).real for k in range(1, servers))
    return float(queue / rate_rps)


def _root(load: float, servers: int, number: int) -> complex:
    """By fixed point: z = ω^k e^{a(z−1)/c}, a contraction with factor a/c inside the unit circle."""
    turn = np.exp(2j * np.pi * number / servers)
    z = 0j
    for _ in range(ROOT_ITERATIONS):
        previous, z = z, turn * np.exp(load * (z - 1) / servers)
        if abs(z - previous) < 1e-15:
            break
    return complex(z)
