"""The queueing models that the engines are held against, with exact results computed from their formulas.

Letters are those of the usual suspects: A M/M/c, B M/D/c, C M/G/1 and GI/M/1, D bounded queues, E impatience, F greedy
batches, G a batch former, H full batch or timeout, K cold starts, L changing load, M stages in a row, O breakdowns.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from ipagym.task.faults import Faults
from ipagym.task.physics import DropPolicy
from ipagym.verification import observed
from ipagym.verification.model import Model, Quantity, Waves, in_batches, one_by_one, poisson
from ipagym.verification.theory import batches, many_servers, one_server, transient
from ipagym.verification.theory.one_server import Moments

REFERENCE_REQUESTS = 4_000_000
"""Length of the reference run of family H, which has no closed form: its standard error is about 0.03 %."""

EXPONENTIAL = Moments.of(1.0, 1.0)


def _time(exact_s: float) -> Quantity:
    return Quantity("mean time in system, s", exact_s, observed.time_in_system_s)


def _wait(exact_s: float) -> Quantity:
    return Quantity("mean wait, s", exact_s, observed.wait_s)


def _erlang() -> tuple[Model, ...]:
    rate, servers = 3.0, 4
    wait_s = many_servers.mmc_wait_s(rate, 1.0, servers)
    waits = many_servers.erlang_c(rate / 1.0, servers)
    return (
        Model(
            family="A",
            name="M/M/4, λ = 3",
            load=poisson(rate),
            stations=(one_by_one(servers=servers),),
            physics={"service": "exponential"},
            seconds=500_000,
            quantities=(
                _time(1 + wait_s),
                _wait(wait_s),
                Quantity("share that waits", waits, observed.share_waiting),
                Quantity(
                    "share that waits over 0.5 s",
                    many_servers.mmc_wait_tail(rate, 1.0, servers, 0.5),
                    observed.share_waiting_over(0.5),
                ),
                Quantity(
                    "SLO violations at 2 s",
                    many_servers.mmc_time_tail(rate, 1.0, servers, 2.0),
                    observed.violation_rate,
                ),
                Quantity("utilisation", rate / servers, observed.utilisation),
            ),
        ),
    )


def _crommelin() -> tuple[Model, ...]:
    systems = ((0.8, 1, 350_000), (1.4, 2, 180_000), (3.6, 4, 320_000))
    return tuple(
        Model(
            family="B",
            name=f"M/D/{servers}, λ = {rate:g}",
            load=poisson(rate),
            stations=(one_by_one(servers=servers),),
            seconds=seconds,
            quantities=(_wait(many_servers.mdc_wait_s(rate, 1.0, servers)),),
        )
        for rate, servers, seconds in systems
    )


def _general() -> tuple[Model, ...]:
    plain = Model(
        family="C",
        name="",
        load=poisson(0.8),
        stations=(one_by_one(),),
        seconds=500_000,
        quantities=(_wait(one_server.mg1_wait_s(0.8, Moments.of(1.0, 0.5))),),
    )
    bursty = [
        replace(
            plain,
            name=f"GI/M/1, gamma gaps of cv {cv:g}, λ = 0.8",
            physics={"service": "exponential", "arrivals": f"gamma:{cv:g}"},
            seconds=seconds,
            quantities=(_wait(one_server.gamma_m1_wait_s(0.8, cv, 1.0)),),
        )
        for cv, seconds in ((0.5, 700_000), (2.0, 1_700_000))
    ]
    return (
        replace(plain, name="M/G/1, Erlang-4 service, λ = 0.8", physics={"service": "gamma:0.5"}),
        replace(plain, name="M/G/1, lognormal service of cv² 0.25, λ = 0.8", physics={"service": "lognormal:0.5"}),
        *bursty,
    )


def _lossy() -> tuple[Model, ...]:
    return (
        Model(
            family="D",
            name="M/M/4/10, λ = 5",
            load=poisson(5.0),
            stations=(one_by_one(servers=4),),
            physics={"service": "exponential", "drop": DropPolicy(max_queue=6)},
            seconds=35_000,
            quantities=(
                Quantity("share turned away", many_servers.mmck_blocking(5.0, 1.0, 4, 10), observed.drop_rate),
            ),
        ),
        Model(
            family="E",
            name="M/M/1 with patience of 2 s, λ = 0.8",
            load=poisson(0.8),
            stations=(one_by_one(),),
            physics={"service": "exponential", "drop": DropPolicy(max_age_s=2.0)},
            seconds=100_000,
            quantities=(Quantity("share lost", one_server.impatient_loss(0.8, 1.0, 2.0), observed.drop_rate),),
        ),
    )


def _greedy() -> tuple[Model, ...]:
    def model(rate: float, cap: int, seconds: int) -> Model:
        station = in_batches(0.01, 0.05, cap)
        exact = batches.greedy_batches(rate, list(station.service_s.values()))
        return Model(
            family="F",
            name=f"greedy batches of {cap} at most, λ = {rate:g}",
            load=poisson(rate),
            stations=(station,),
            seconds=seconds,
            quantities=(
                _time(exact.time_s),
                Quantity("mean batch", exact.batch, observed.mean_batch),
                Quantity("utilisation", exact.utilisation, observed.utilisation),
            ),
        )

    return model(10.0, 2, 5_000), model(40.0, 4, 6_000)


def _formed() -> tuple[Model, ...]:
    exact = batches.former(50.0, 8, 0.1)
    station = in_batches(0.01, 0.05, 16, servers=2)
    return (
        Model(
            family="G",
            name="batches of 8 or after 0.1 s, λ = 50",
            load=poisson(50.0),
            stations=(in_batches(0.0, 0.001, 8, servers=8),),
            physics={"batch_timeout_s": 0.1},
            seconds=2_000,
            quantities=(
                Quantity("mean batch", exact.batch, observed.mean_batch),
                Quantity("mean wait for the batch, s", exact.wait_s, observed.wait_s),
            ),
        ),
        Model(
            family="H",
            name="batches of 16 or after 0.1 s at 2 servers, λ = 50",
            load=poisson(50.0),
            stations=(station,),
            physics={"batch_timeout_s": 0.1},
            seconds=2_000,
            quantities=(_time(reference_time_s(50.0, tuple(station.service_s.values()), 0.1, 2)),),
        ),
    )


@cache
def reference_time_s(rate_rps: float, service_s: tuple[float, ...], timeout_s: float, servers: int) -> float:
    """Mean time in system of `REFERENCE_REQUESTS` requests with full batches or a timeout, batch by batch."""
    gaps_s = np.random.default_rng(20_260_101).exponential(1 / rate_rps, REFERENCE_REQUESTS)
    arrival_s = np.cumsum(gaps_s)
    return float((batches.full_or_timeout(arrival_s, service_s, timeout_s, servers) - arrival_s).mean())


def _unsteady() -> tuple[Model, ...]:
    failing, step_s = 0.99, 0.1
    attempts, ten = Moments.of_attempts(step_s, failing), Moments.of(10.0, 0.0)
    cold = Model(
        family="K",
        name="M/M/1 that sleeps when idle and starts in 10 s, λ = 0.5",
        load=poisson(0.5),
        stations=(one_by_one(load_s=10.0),),
        physics={"service": "exponential", "keep_alive_s": 0.0},
        seconds=250_000,
        quantities=(_time(1 + one_server.setup_wait_s(0.5, EXPONENTIAL, ten)),),
    )
    crashing = replace(
        cold,
        family="O",
        name="M/M/1 that crashes every 10 s it is up and starts in 2 s, λ = 0.5",
        stations=(one_by_one(load_s=2.0),),
        physics={"service": "exponential", "faults": Faults(crashes_per_hour=360.0)},
        quantities=(_time(one_server.breakdown_time_s(0.5, 1.0, 0.1, Moments.of(2.0, 0.0))),),
    )
    faults = Faults(failed_start=failing)
    return (
        cold,
        replace(
            cold,
            name="the same with starts of 0.1 s of which 99 % fail",
            stations=(one_by_one(load_s=step_s),),
            physics={**cold.physics, "faults": faults},
            quantities=(_time(1 + one_server.setup_wait_s(0.5, EXPONENTIAL, attempts)),),
        ),
        crashing,
    )


def _changing() -> tuple[Model, ...]:
    period_s, service_s = 20, 2.5

    def waves(seconds: int) -> Waves:
        return Waves(mean_rps=50.0, swing=0.8, period_s=period_s, duration_s=seconds)

    present = transient.in_service(waves(2 * period_s).rates_rps(np.random.default_rng()), service_s)[period_s:]
    high, low = int(present.argmax()), int(present.argmin())
    return (
        Model(
            family="L",
            name=f"M_t/D/∞, 50 rps ± 80 % every {period_s} s, service {service_s:g} s",
            load=waves,
            stations=(one_by_one(service_s, servers=300),),
            seconds=4_000,
            quantities=(
                Quantity("in service at the height", present[high], observed.in_service_every(period_s, high + 1)),
                Quantity("in service at the bottom", present[low], observed.in_service_every(period_s, low + 1)),
            ),
        ),
        Model(
            family="L",
            name="overload: 50 rps at 4 servers of 10 rps",
            load=poisson(50.0),
            stations=(one_by_one(0.1, servers=4),),
            seconds=4_000,
            quantities=(
                Quantity("backlog per second", transient.backlog(50.0, 40.0, 1.0), observed.backlog_per_second),
            ),
        ),
    )


def _rows() -> tuple[Model, ...]:
    jackson_s = 1 / (1 - 0.8) + 1 / (1.25 - 0.8)
    return (
        Model(
            family="M",
            name="M/M/1 → M/M/1, λ = 0.8, μ = 1 and 1.25",
            load=poisson(0.8),
            stations=(one_by_one(), one_by_one(0.8)),
            physics={"service": "exponential"},
            seconds=500_000,
            quantities=(_time(jackson_s),),
        ),
        Model(
            family="M",
            name="M/D/2 → ·/D/2, service 1 and 0.9 s, λ = 1.4",
            load=poisson(1.4),
            stations=(one_by_one(servers=2), one_by_one(0.9, servers=2)),
            seconds=20_000,
            quantities=(Quantity("longest wait before the second, s", 0.0, observed.last_wait_s),),
        ),
    )


@cache
def all_models() -> tuple[Model, ...]:
    """Every model, by family."""
    groups = (_erlang, _crommelin, _general, _lossy, _greedy, _formed, _unsteady, _changing, _rows)
    return tuple(sorted((model for group in groups for model in group()), key=lambda model: model.family))
