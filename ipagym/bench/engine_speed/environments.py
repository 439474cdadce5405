"""Environment steps per second: one environment, several in a row, and the vector environment."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from time import perf_counter, process_time
from typing import Any

import gymnasium
from gymnasium.vector import SyncVectorEnv

from ipagym.bench.engine_speed.measure import Contender, Field, Progress, Row, Sample, race
from ipagym.workload.generators import Constant

ENV_ID = "ipagym/Video-v0"
MODEL = "video"
RATES_RPS = (20, 100, 300)
DURATION_S = 1200
WARM_UP_STEPS = 5
"""Steps after each reset that are not timed; queues fill in them."""

QUICK_STEPS, QUICK_COUNT = 5, 16
"""The most steps in a measurement and the most environments in a quick run."""

REFERENCE, SYNC = "single, simpy", "sync of 256"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entrant:
    """A way to have `count` environments; a measurement takes `steps` steps in each."""

    name: str
    make: Callable[[], Any]
    count: int
    steps: int


def rows(rate_rps: int, repeats: int, progress: Progress, *, quick: bool) -> list[Row]:
    """Steps per second of every contender under constant load."""
    progress(f"{MODEL}, {rate_rps} rps", 0, 1)
    with ExitStack() as stack:
        contenders = [_contender(entrant, stack, quick=quick) for entrant in _entrants(rate_rps)]
        field = Field(
            model=MODEL, rate_rps=rate_rps, unit="steps/s", contenders=contenders, simpy=REFERENCE, rival=SYNC
        )
        return race(field, repeats, progress)


def _entrants(rate_rps: int) -> list[Entrant]:
    load = Constant(rate_rps=rate_rps, duration_s=DURATION_S)
    single = partial(gymnasium.make, ENV_ID, workload=load)
    compiled = partial(single, backend="compiled")
    vector = partial(gymnasium.make_vec, ENV_ID, vectorization_mode="vector_entry_point", workload=load)
    return [
        Entrant(name=REFERENCE, make=partial(single, backend="simpy"), count=1, steps=20),
        Entrant(name="single, compiled", make=compiled, count=1, steps=100),
        Entrant(name="single, compiled, no info", make=partial(compiled, with_info=False), count=1, steps=100),
        Entrant(name="sync of 16", make=partial(SyncVectorEnv, [compiled] * 16), count=16, steps=30),
        Entrant(name=SYNC, make=partial(SyncVectorEnv, [compiled] * 256), count=256, steps=5),
        *(
            Entrant(name=f"vector of {count}", make=partial(vector, num_envs=count), count=count, steps=steps)
            for count, steps in ((1, 100), (16, 60), (256, 12), (1024, 6))
        ),
    ]


def _contender(entrant: Entrant, stack: ExitStack, *, quick: bool) -> Contender:
    if quick and entrant.count > QUICK_COUNT:
        return Contender(name=entrant.name, note="not in a quick run")
    env = entrant.make()
    stack.callback(env.close)
    steps = min(entrant.steps, QUICK_STEPS) if quick else entrant.steps
    return Contender(name=entrant.name, measure=_timing(env, entrant.count, steps))


def _timing(env: Any, count: int, steps: int) -> Callable[[int], Sample]:
    """A measurement of `steps` steps of `count` environments, with random actions that are drawn before."""

    def measure(turn: int) -> Sample:
        env.reset(seed=turn)
        env.action_space.seed(turn)
        actions = [env.action_space.sample() for _ in range(WARM_UP_STEPS + steps)]
        for action in actions[:WARM_UP_STEPS]:
            env.step(action)
        start_s, start_core_s = perf_counter(), process_time()
        for action in actions[WARM_UP_STEPS:]:
            env.step(action)
        done = count * steps
        return Sample(done / (perf_counter() - start_s), done / (process_time() - start_core_s))

    return measure
