"""Random numbers drawn ahead for each cluster, in order of arrival, as the SimPy engine draws them one by one.

Ahead, because kernels run without the interpreter, which numpy's generators need; both ways give the same numbers,
since the order of arrival alone, which no decision changes, says who gets which.
"""

from collections.abc import Callable

from ipagym.cluster.sim.compiled.layout import GAPS, SPREADS, Array
from ipagym.cluster.sim.compiled.state_arrays import StateArrays
from ipagym.random.distributions import parse
from ipagym.random.streams import Streams
from ipagym.task.physics import MEASURED
from ipagym.task.scenario import Scenario
from ipagym.workload.arrivals import parse_rule

ARRAY_OF = {GAPS: "gaps", SPREADS: "spreads"}
"""The arrays that hold the numbers."""

HELD = 4096
"""Numbers that are drawn at once."""

UNLIMITED = 2**62
"""The limit of a buffer that is never drawn from."""


def most_at_once(scenario: Scenario) -> dict[int, int]:
    """The numbers that one arrival takes from each buffer, 0 where none are."""
    spreads = 0 if scenario.physics.service == "constant" else len(scenario.pipeline.stages)
    return {GAPS: 1, SPREADS: spreads}


def held(scenario: Scenario) -> dict[str, int]:
    """The number of numbers to hold in each array, enough for many arrivals."""
    return {ARRAY_OF[name]: max(HELD, 64 * most) if most else 0 for name, most in most_at_once(scenario).items()}


def fill(state: StateArrays, k: int, streams: Streams, scenario: Scenario) -> None:
    """Draw all buffers of cluster k anew."""
    for name, most in most_at_once(scenario).items():
        length = len(state.arrays[ARRAY_OF[name]][k])
        state.arrays["buffers"][k][name] = (length, length - most if most else UNLIMITED, most)
        if most:
            _refill(state, k, name, _source(name, streams, scenario))


def top_up(state: StateArrays, k: int, streams: Streams, scenario: Scenario) -> None:
    """Replace what cluster k has used, where that is half of a buffer or more."""
    for name in ARRAY_OF:
        buffer = state.arrays["buffers"][k][name]
        if 2 * buffer["used"] > buffer["limit"]:
            _refill(state, k, name, _source(name, streams, scenario))


def _refill(state: StateArrays, k: int, name: int, draw: Callable[[int], Array]) -> None:
    """Move what is left to the front and draw the rest."""
    numbers = state.arrays[ARRAY_OF[name]][k]
    used = int(state.arrays["buffers"][k][name]["used"])
    numbers[: len(numbers) - used] = numbers[used:].copy()
    numbers[len(numbers) - used :] = draw(used)
    state.arrays["buffers"][k][name]["used"] = 0


def _source(name: int, streams: Streams, scenario: Scenario) -> Callable[[int], Array]:
    if name == GAPS:
        gaps = parse_rule(scenario.physics.arrivals)
        return lambda number: gaps(streams.arrivals, number)
    if scenario.physics.service == MEASURED:
        return streams.service.standard_normal
    factors = parse(scenario.physics.service)
    return lambda number: factors(streams.service, number)
