"""Random numbers of an episode: one stream or key per concern, all from one seed."""

from dataclasses import dataclass

import numpy as np

from ipagym.system.errors import InputError

LOAD = 0
"""The place of the stream `load` among those that are spawned from a seed."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Independent generators and a key: two agents on one seed meet the same load and the same fate.

    Only `load`, `arrivals`, `service` and `network` are drawn from in order, and that order is that of arrivals, which
    no agent can change. What happens to starts, replicas, nodes and scrapes is looked up under the key `fate`
    (`ipagym.random.philox`).
    """

    load: np.random.Generator
    arrivals: np.random.Generator
    service: np.random.Generator
    network: np.random.Generator
    agent: np.random.Generator
    fate: int

    @classmethod
    def spawn(cls, seed: int) -> "Streams":
        """The streams of `seed`, in a fixed order.

        Raises:
            InputError: the seed is negative, or no whole number.
        """
        if not isinstance(seed, int | np.integer) or seed < 0:
            raise InputError(f"seed must be a whole number of 0 or more, not {seed!r}")
        load, arrivals, service, network, faults, agent = np.random.SeedSequence(int(seed)).spawn(6)
        return cls(
            load=np.random.default_rng(load),
            arrivals=np.random.default_rng(arrivals),
            service=np.random.default_rng(service),
            network=np.random.default_rng(network),
            agent=np.random.default_rng(agent),
            fate=int(faults.generate_state(1, np.uint64)[0]),
        )


def seed_of(load: np.random.Generator) -> int | None:
    """The seed of the episode whose stream `load` is; None for a generator that is no such stream."""
    sequence = load.bit_generator.seed_seq
    if not isinstance(sequence, np.random.SeedSequence) or tuple(sequence.spawn_key) != (LOAD,):
        return None
    return sequence.entropy if isinstance(sequence.entropy, int) else None
