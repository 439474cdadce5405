"""Requests per second: the two engines, Ciw and the C event loop on equal models."""

from functools import partial
from pathlib import Path
from time import perf_counter

from ipagym.bench.engine_speed import c_loop, ciw_model
from ipagym.bench.engine_speed.measure import Contender, Field, Sample
from ipagym.bench.engine_speed.models import Model
from ipagym.cluster.sim import ENGINES

INTERVAL_S = 10
"""The length of a window; one is asked for after the other, as environments do."""

C_LOOP = "C loop"

SLOW_REQUESTS, FAST_REQUESTS = 30_000, 1_000_000
"""Requests of a measurement, with interpreted and with compiled contenders."""

QUICK_SHARE = 20
"""By how much fewer they are in a quick run."""


def field(model: Model, loop: Path | str, *, quick: bool) -> Field:
    """The contenders on `model`; `loop` is the compiled C loop, or says why there is none."""
    share = QUICK_SHARE if quick else 1
    slow_s, fast_s = (_duration_s(model, requests // share) for requests in (SLOW_REQUESTS, FAST_REQUESTS))
    contenders = [
        _engine("simpy", "simpy", model, (slow_s, INTERVAL_S)),
        _engine("compiled", "compiled", model, (fast_s, INTERVAL_S)),
        _engine("compiled, one window", "compiled", model, (fast_s, fast_s)),
        *(_ciw(model, slow_s) if model.is_plain_queue else ()),
        _c_loop(model, loop, fast_s),
    ]
    return Field(
        model=model.name, rate_rps=model.rate_rps, unit="requests/s", contenders=contenders, simpy="simpy", rival=C_LOOP
    )


def _duration_s(model: Model, requests: int) -> int:
    """Whole windows for about so many requests, two at least."""
    return max(2, round(requests / model.rate_rps / INTERVAL_S)) * INTERVAL_S


def _engine(name: str, engine: str, model: Model, times_s: tuple[int, int]) -> Contender:
    """An engine that simulates `times_s[0]` seconds in windows of `times_s[1]`."""
    duration_s, window_s = times_s
    cluster = ENGINES[engine](model.scenario(duration_s))

    def measure(turn: int) -> Sample:
        start_s = perf_counter()
        cluster.reset(turn)
        completed = sum(cluster.advance(window_s).completed for _ in range(duration_s // window_s))
        return Sample(completed / (perf_counter() - start_s))

    return Contender(name=name, measure=measure)


def _ciw(model: Model, duration_s: int) -> list[Contender]:
    if not ciw_model.is_installed():
        return [Contender(name="Ciw", note="not installed")]

    def measure(turn: int, service: ciw_model.Service) -> Sample:
        run = ciw_model.run(model, duration_s=duration_s, seed=turn, service=service)
        return Sample(run.requests / run.seconds)

    return [
        Contender(name="Ciw", measure=partial(measure, service="constant")),
        Contender(name="Ciw on M/M/4", measure=partial(measure, service="exponential")),
    ]


def _c_loop(model: Model, loop: Path | str, duration_s: int) -> Contender:
    if isinstance(loop, str):
        return Contender(name=C_LOOP, note=loop)

    def measure(turn: int) -> Sample:
        run = c_loop.run(loop, model, duration_s=duration_s, seed=turn)
        return Sample(run.requests / run.seconds)

    return Contender(name=C_LOOP, measure=measure)
