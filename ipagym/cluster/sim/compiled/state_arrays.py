"""StateArrays of simulated clusters: laid out, cleared for a new episode, and enlarged where it runs short."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ipagym.cluster.sim.compiled.layout import ARRAYS, DROPPED, GONE, SIM, Array, point
from ipagym.cluster.sim.request import MOST_IN_SYSTEM, too_many
from ipagym.task.scenario import Scenario

REQUESTS = 256
"""Room for requests that each cluster begins with; it stays a power of two, so that a ring turns by a mask."""

NUMBERS = {name: number for number, name in enumerate(ARRAYS)}


@dataclass(slots=True)
class StateArrays:
    """`sims[k]` is the record of cluster k; `arrays[name][k]` is the array that its address and sizes point to."""

    sims: Array
    arrays: dict[str, list[Array]]

    @classmethod
    def lay_out(cls, shapes: dict[str, tuple[int, ...]], size: int) -> "StateArrays":
        """StateArrays for `size` clusters with arrays of the given shapes."""
        blocks = {name: np.zeros((size, *shapes[name]), dtype) for name, (dtype, _) in ARRAYS.items()}
        return _connected(np.zeros(size, SIM), {name: list(block) for name, block in blocks.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        """Addresses hold in this process and for these arrays only: a copy gets its own."""
        return _reconnected, (self.sims, self.arrays)

    def put(self, name: str, k: int, array: Array) -> None:
        """Let cluster k have this array from now on."""
        self.arrays[name][k] = array
        self._point(name, k)

    def lengthen(self, name: str, k: int, length: int) -> None:
        """Make an array of cluster k `length` entries long along its first axis; the new ones are zero."""
        old = self.arrays[name][k]
        new = np.zeros((length, *old.shape[1:]), old.dtype)
        new[: len(old)] = old
        self.put(name, k, new)

    def clear(self, k: int) -> None:
        """Make cluster k as new; its arrays stay as long as they are."""
        for name, (_, sizes) in ARRAYS.items():
            if "·" not in sizes or name == "places":
                self.arrays[name][k][...] = np.zeros((), self.arrays[name][k].dtype)
        self.sims[k] = np.zeros((), SIM)
        for name in ARRAYS:
            self._point(name, k)
        stations = self.arrays["stations"][k]
        stations["closed"], stations["timer_s"], stations["resizing_to"] = 1, np.inf, -1
        stations["first_idle"] = stations["last_idle"] = -1
        self.arrays["replicas"][k]["state"] = GONE
        _free(self.arrays["requests"][k], 0)

    def more_requests(self, k: int) -> None:
        """Four times the room for requests in cluster k, which has none left.

        Raises:
            InputError: there are too many already.
        """
        held = len(self.arrays["requests"][k])
        if held >= MOST_IN_SYSTEM:
            raise too_many()
        rings = _unrolled(self.arrays["rings"][k], self.arrays["stations"][k])
        self.put("rings", k, _wider(rings, 1, 4 * held))
        if self.arrays["by_deadline"][k].size:
            self.put("by_deadline", k, _wider(self.arrays["by_deadline"][k], 1, 4 * held))
        for name in ("requests", "places"):
            self.lengthen(name, k, 4 * held)
        _free(self.arrays["requests"][k], held)
        self.sims[k]["free"] = held

    def more_replicas(self, k: int) -> None:
        """Twice the room for replicas in each station of cluster k."""
        held = self.arrays["replicas"][k].shape[1]
        for name in ("replicas", "batches"):
            self.put(name, k, _wider(self.arrays[name][k], 1, 2 * held))
        self.arrays["replicas"][k]["state"][:, held:] = GONE

    def copy(self) -> "StateArrays":
        """The same content elsewhere, not to be simulated: its addresses are those of the original."""
        arrays = {name: [array.copy() for array in each] for name, each in self.arrays.items()}
        return StateArrays(self.sims.copy(), arrays)

    def assign(self, other: "StateArrays") -> None:
        """Take over the content of a copy; the copy stays as it is."""
        self.sims[:] = other.sims
        for name, each in other.arrays.items():
            for k, array in enumerate(each):
                if self.arrays[name][k].shape == array.shape:
                    self.arrays[name][k][...] = array
                else:
                    self.arrays[name][k] = array.copy()
                self._point(name, k)

    def _point(self, name: str, k: int) -> None:
        point(self.sims[k], NUMBERS[name], self.arrays[name][k])


def _reconnected(sims: Array, arrays: dict[str, list[Array]]) -> StateArrays:
    """StateArrays from copies of all its arrays; those of equal shape are views of one block again."""
    for name, each in arrays.items():
        if len({array.shape for array in each}) == 1:
            arrays[name] = list(np.stack(each))
    return _connected(sims, arrays)


def _connected(sims: Array, arrays: dict[str, list[Array]]) -> StateArrays:
    state = StateArrays(sims, arrays)
    for name, each in arrays.items():
        for k in range(len(each)):
            state._point(name, k)
    return state


def shapes(scenario: Scenario, buffers: dict[str, int]) -> dict[str, tuple[int, ...]]:
    """The shapes that the arrays of a cluster begin with; `buffers` are the random numbers held, by array."""
    limits, stages = scenario.limits, len(scenario.pipeline.stages)
    stations, slots, nodes = stages * limits.max_deployments, slots_at_first(scenario), len(limits.node_cores or ())
    batch = max(stage.batches[-1] for stage in scenario.pipeline.stages)
    ordered = REQUESTS if scenario.physics.order == "edf" else 0
    return {
        "stages": (stages,),
        "stations": (stations,),
        "meters": (stations, 4),
        "replicas": (stations, slots),
        "batches": (stations, slots, batch),
        "nodes": (nodes,),
        "events": (4 * stations * (slots + 1) + nodes + 8,),
        "starts": (sum(len(stage.variants) for stage in scenario.pipeline.stages),),
        "buffers": (len(buffers),),
        **{name: (held,) for name, held in buffers.items()},
        "rates": (scenario.workload.duration_s,),
        "journeys": (0,),
        "latency_s": (max(1024, 2 * batch),),
        "ranked_s": (max(1024, 2 * batch),),
        "per_second": (int(np.ceil(scenario.interval_s)) + 1,),
        "requests": (REQUESTS,),
        "places": (REQUESTS, stages),
        "rings": (stations, REQUESTS),
        "by_deadline": (stations, ordered),
        "window_records": (1,),
        "stage_records": (stages,),
        "log": (1,),
        "log_stages": (1, stages),
    }


def slots_at_first(scenario: Scenario) -> int:
    """Room for replicas that each station begins with: an old and a new deployment, and some that drain."""
    return 2 * scenario.limits.max_replicas + 2


def _wider(array: Array, axis: int, length: int) -> Array:
    shape = list(array.shape)
    shape[axis] = length
    larger = np.zeros(shape, array.dtype)
    larger[tuple(slice(n) for n in array.shape)] = array
    return larger


def _free(requests: Array, start: int) -> None:
    """Put the requests from number `start` on in the list of free ones."""
    requests["outcome"][start:] = DROPPED
    requests["next_free"][start:] = np.arange(start + 1, len(requests) + 1)
    requests["next_free"][-1] = -1


def _unrolled(rings: Array, stations: Array) -> Array:
    """The rings, each begun at 0; the stations are told."""
    size = rings.shape[1]
    order = (stations["ring_head"][:, np.newaxis] + np.arange(size)) & (size - 1)
    stations["ring_head"] = 0
    return np.take_along_axis(rings, order, axis=1)
