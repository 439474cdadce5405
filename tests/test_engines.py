"""The two engines give the same times, drops and windows, to the last bit."""

from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import given

from ipagym.cluster.sim import CompiledCluster, SimpyCluster
from ipagym.cluster.sim.request import Request
from ipagym.window import Window
from tests.strategies import Run, runs

RECORD = ("index", "sent_s", "arrival_s", "deadline_s", "enqueued_s", "started_s", "finished_s", "batch_sizes",
          "variants", "outcome", "end_s")  # fmt: skip


def same(first: Any, second: Any) -> bool:
    """Equal to the last bit, NaN equal to NaN."""
    return repr(first) == repr(second)


def differences(first: Window, second: Window) -> list[str]:
    """Names of the fields in which two windows differ."""
    differing = []
    for field in fields(Window):
        one, other = getattr(first, field.name), getattr(second, field.name)
        equal = one.tobytes() == other.tobytes() if isinstance(one, np.ndarray) else same(one, other)
        differing += [] if equal else [f"{field.name}: {one} is not {other}"]
    return differing


def record(request: Request) -> dict[str, Any]:
    return {name: getattr(request, name) for name in RECORD}


@given(runs())
def test_both_engines_give_the_same_requests_and_windows(run: Run) -> None:
    simpy, compiled = (engine(run.scenario, keep_requests=True) for engine in (SimpyCluster, CompiledCluster))
    for cluster in (simpy, compiled):
        cluster.reset(run.seed)
    for configuration, seconds in run.decisions:
        for cluster in (simpy, compiled):
            cluster.apply(configuration)
        assert not differences(simpy.advance(seconds), compiled.advance(seconds))
        assert simpy.in_system == compiled.in_system
    for one, other in zip(simpy.requests, compiled.requests, strict=True):
        assert same(record(one), record(other))
