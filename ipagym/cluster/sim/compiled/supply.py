"""Random numbers drawn ahead for each cluster, in the order in which the SimPy engine draws them one by one."""

from collections.abc import Callable

import numpy as np

from ipagym.cluster.sim.compiled.layout import CRASHES, GAPS, NODE_TIMES, SERVICES, STARTS, STRAGGLERS, Array
from ipagym.cluster.sim.compiled.memory import Memory
from ipagym.scenario import MEASURED, Scenario
from ipagym.streams import Streams
from ipagym.unit_mean import parse
from ipagym.workload.arrivals import parse_rule

ARRAY_OF = {
    GAPS: "gaps",
    SERVICES: "services",
    STARTS: "starts",
    STRAGGLERS: "stragglers",
    CRASHES: "crashes",
    NODE_TIMES: "node_times",
}
"""Where the numbers of each concern are held."""

HELD = 4096
"""Numbers of a concern that are drawn at once, if one event cannot use up a good part of them."""

UNLIMITED = 2**62
"""The limit of a concern that is never drawn from."""


def margins(scenario: Scenario, replicas: int) -> dict[int, int]:
    """The most numbers of each concern that one event or decision may use, 0 where none are; `replicas` in all."""
    faults, limits = scenario.physics.faults, scenario.limits
    lanes = len(scenario.pipeline.stages) * limits.max_deployments
    return {
        GAPS: 1,
        SERVICES: 0 if scenario.physics.service == "constant" else replicas,
        STARTS: 2 * replicas + 1 if faults.slow_start or faults.failed_start else 0,
        STRAGGLERS: replicas if faults.straggler else 0,
        CRASHES: lanes + 2 if faults.crashes_per_hour else 0,
        NODE_TIMES: len(limits.node_cores or ()) if faults.node_losses_per_hour else 0,
    }


def held(scenario: Scenario, replicas: int) -> dict[str, int]:
    """How many numbers to hold in each array, enough for many events."""
    wanted = margins(scenario, replicas)
    return {ARRAY_OF[concern]: max(HELD, 4 * most) if most else 0 for concern, most in wanted.items()}


def fill(memory: Memory, k: int, streams: Streams, scenario: Scenario) -> None:
    """Draw all supplies of cluster k anew."""
    for concern, most in margins(scenario, memory.arrays["replicas"][k].size).items():
        length = len(memory.arrays[ARRAY_OF[concern]][k])
        memory.arrays["supplies"][k][concern] = (length, length - most if most else UNLIMITED, most)
        if most:
            _refill(memory, k, concern, _source(concern, streams, scenario))


def top_up(memory: Memory, k: int, streams: Streams, scenario: Scenario) -> None:
    """Replace what cluster k has used, where that is half of a supply or more."""
    for concern in ARRAY_OF:
        supply = memory.arrays["supplies"][k][concern]
        if 2 * supply["used"] > supply["limit"]:
            _refill(memory, k, concern, _source(concern, streams, scenario))


def lengthen(memory: Memory, k: int, streams: Streams, scenario: Scenario) -> None:
    """Longer supplies for cluster k, which has got room for more replicas; numbers drawn already come first."""
    replicas = memory.arrays["replicas"][k].size
    lengths, wanted = held(scenario, replicas), margins(scenario, replicas)
    for concern, name in ARRAY_OF.items():
        if lengths[name] > len(memory.arrays[name][k]):
            left = memory.arrays[name][k][memory.arrays["supplies"][k][concern]["used"] :]
            drawn = _source(concern, streams, scenario)(lengths[name] - len(left))
            memory.put(name, k, np.concatenate([left, drawn]))
            memory.arrays["supplies"][k][concern]["used"] = 0
        if wanted[concern]:
            memory.arrays["supplies"][k][concern]["limit"] = lengths[name] - wanted[concern]
            memory.arrays["supplies"][k][concern]["most"] = wanted[concern]


def _refill(memory: Memory, k: int, concern: int, draw: Callable[[int], Array]) -> None:
    """Move what is left to the front and draw the rest."""
    numbers = memory.arrays[ARRAY_OF[concern]][k]
    used = int(memory.arrays["supplies"][k][concern]["used"])
    numbers[: len(numbers) - used] = numbers[used:].copy()
    numbers[len(numbers) - used :] = draw(used)
    memory.arrays["supplies"][k][concern]["used"] = 0


def _source(concern: int, streams: Streams, scenario: Scenario) -> Callable[[int], Array]:
    if concern == GAPS:
        gaps = parse_rule(scenario.physics.arrivals)
        return lambda number: gaps(streams.arrivals, number)
    draws: dict[int, Callable[[int], Array]] = {
        SERVICES: _service_numbers(scenario, streams.service),
        STARTS: streams.starts.random,
        STRAGGLERS: streams.stragglers.random,
        CRASHES: streams.crashes.random,
        NODE_TIMES: streams.nodes.random,
    }
    return draws[concern]


def _service_numbers(scenario: Scenario, rng: np.random.Generator) -> Callable[[int], Array]:
    """What the spread of service times is made from: standard normals, or the factors themselves."""
    if scenario.physics.service == MEASURED:
        return rng.standard_normal
    factors = parse(scenario.physics.service)
    return lambda number: factors(rng, number)
