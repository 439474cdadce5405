"""One random stream per concern, all spawned from one seed."""

from dataclasses import dataclass

import numpy as np

from ipagym.errors import InputError


@dataclass(frozen=True, slots=True)
class Streams:
    """Independent generators: two agents on one seed meet the same load, whatever they do to the service."""

    load: np.random.Generator
    arrivals: np.random.Generator
    service: np.random.Generator
    network: np.random.Generator
    agent: np.random.Generator
    crashes: np.random.Generator
    starts: np.random.Generator
    stragglers: np.random.Generator
    nodes: np.random.Generator
    scrapes: np.random.Generator

    @classmethod
    def spawn(cls, seed: int) -> "Streams":
        """The streams of `seed`, in a fixed order.

        Raises:
            InputError: the seed is negative, or no whole number.
        """
        if not isinstance(seed, int | np.integer) or seed < 0:
            raise InputError(f"seed must be a whole number of 0 or more, not {seed!r}")
        load, arrivals, service, network, faults, agent = np.random.SeedSequence(int(seed)).spawn(6)
        concerns = (load, arrivals, service, network, agent, *faults.spawn(5))
        return cls(*(np.random.default_rng(child) for child in concerns))
