"""Loads of one's own: what is taken, and what is refused before an engine runs on it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ipagym.cluster.sim import ENGINES
from ipagym.envs import make_scenario
from ipagym.envs.serving import make_env
from ipagym.system.errors import InputError
from ipagym.workload.generators import Constant
from ipagym.workload.network import BandwidthTrace, Network
from ipagym.workload.rates import as_workload
from tests.tiny import FixedRates, scenario, setting


@dataclass(frozen=True, kw_only=True, slots=True)
class Promising:
    """A load that promises seconds and gives whatever it was made with."""

    given: Any
    duration_s: Any = 6
    name: str = "promising"

    def rates_rps(self, rng: np.random.Generator) -> Any:
        return self.given


GOOD = [2.0] * 6
BAD = {
    "a NaN": ([2.0, float("nan"), *GOOD[2:]], "not nan in second 1"),
    "infinite": ([float("inf"), *GOOD[1:]], "not inf in second 0"),
    "negative": ([*GOOD[1:], -2.0], "not -2.0 in second 5"),
    "too high": ([*GOOD[1:], 2e6], "not 2000000.0 in second 5"),
    "too few": (GOOD[1:], "one rate for each of its 6 seconds"),
    "too many": ([*GOOD, 2.0], "one rate for each of its 6 seconds"),
    "none": ([], "one rate for each of its 6 seconds"),
    "two for each second": ([[2.0, 2.0]] * 6, "one rate for each of its 6 seconds"),
    "words": (["two"] * 6, "must be a list of numbers"),
    "nothing": (None, "promising must"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("network", [None, Network(bandwidth=BandwidthTrace(name="l", values=(1.0,)))], ids=["", "net"])
@pytest.mark.parametrize("name", BAD)
def test_rates_that_are_none_are_refused_by_both_engines(engine: str, network: Network | None, name: str) -> None:
    given, message = BAD[name]
    task = scenario((2.0,) * 6, setting(), workload=Promising(given=given), network=network)
    with pytest.raises(InputError, match=message) as caught:
        ENGINES[engine](task)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_good_rates_of_an_object_of_ones_own_are_taken(engine: str) -> None:
    cluster = ENGINES[engine](scenario((2.0,) * 6, setting(), workload=Promising(given=GOOD)))
    cluster.reset(0)
    assert cluster.advance(6.0).arrivals > 0


def test_a_list_of_rates_is_a_load() -> None:
    env = make_env("video", [4] * 60)
    assert env.scenario.workload.duration_s == 60
    assert env.scenario.workload.rates_rps(np.random.default_rng(0)).tolist() == [4.0] * 60
    env.reset(seed=0)
    assert make_scenario("video", np.full(60, 4.0)).digest() == env.scenario.digest()  # type: ignore[arg-type]
    assert make_scenario("video", np.full(60, 5.0)).digest() != env.scenario.digest()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "one second at least"),
        ([1.0, float("nan")], "not nan in second 1"),
        ([1.0, -1.0], "not -1.0 in second 1"),
        (["x"], "must be a list of numbers"),
        ([[1.0, 2.0]], "one rate for each"),
        (5, "workload must be the name"),
        ({"a": 1}, "workload must be the name"),
        (Promising(given=GOOD, duration_s=6.5), "duration_s of workload promising"),
        (Promising(given=GOOD, duration_s=0), "duration_s of workload promising"),
        (Promising(given=GOOD[1:]), "one rate for each of its 6 seconds"),
    ],
    ids=str,
)
def test_what_is_no_load_is_refused_in_a_line(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        make_scenario("video", given, interval_s=1.0)
    assert "\n" not in str(caught.value)


def test_loads_stay_what_they_are() -> None:
    for load in (Constant(rate_rps=3.0), FixedRates(rates=(1.0, 2.0))):
        assert as_workload(load) is load


def test_a_trace_beside_a_load_of_ones_own_is_refused() -> None:
    with pytest.raises(InputError, match="takes nothing from a trace file"):
        make_scenario("video", Constant(rate_rps=3.0), trace="workload.tbz2")
