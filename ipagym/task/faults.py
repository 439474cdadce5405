"""Faults, how often they happen, and their usual mixtures."""

from dataclasses import dataclass, replace

from ipagym.system.errors import InputError, unknown_name

PROBABILITIES = ("slow_start", "failed_start", "straggler", "lost_scrape")
RATES = ("crashes_per_hour", "node_losses_per_hour")
FACTORS = ("slow_start_factor", "straggler_factor")

MOST_PER_HOUR = 7200.0
"""Most crashes of a replica or losses of a node: one every half second on average. With more, nothing is served."""

MOST_FAILED_STARTS = 0.99
"""Largest share of failed starts: a hundred attempts per successful start on average, all at one instant if `load_s` is
0.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Faults:
    """Faults and their frequencies; by default there are none.

    crashes_per_hour: of each ready replica; its batch returns to the front of the queue and it loads its model again.
    slow_start and failed_start: the probability that a start takes `slow_start_factor` times as long, or fails at its
    end and begins again. straggler: the probability that a batch takes `straggler_factor` times as long.
    node_losses_per_hour: of each node; its replicas are placed again, and it returns after `node_repair_s` seconds.
    lost_scrape: the probability that the figures of a window do not reach the controller.
    """

    crashes_per_hour: float = 0.0
    slow_start: float = 0.0
    slow_start_factor: float = 3.0
    failed_start: float = 0.0
    straggler: float = 0.0
    straggler_factor: float = 5.0
    node_losses_per_hour: float = 0.0
    node_repair_s: float = 60.0
    lost_scrape: float = 0.0

    def __post_init__(self) -> None:
        for name in PROBABILITIES:
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"the probability {name} must be in [0, 1), not {getattr(self, name)}")
        if self.failed_start > MOST_FAILED_STARTS:
            raise InputError(
                f"failed_start must be at most {MOST_FAILED_STARTS:g}, a hundred attempts for each start, "
                f"not {self.failed_start}"
            )
        for name in RATES:
            if not 0 <= getattr(self, name) <= MOST_PER_HOUR:
                raise InputError(
                    f"{name} must be in 0..{MOST_PER_HOUR:g}, one every half second at most, not {getattr(self, name)}"
                )
        if not 0 <= self.node_repair_s < float("inf"):
            raise InputError(f"node_repair_s must be finite and 0 or more, not {self.node_repair_s}")
        for name in FACTORS:
            if not 1 <= getattr(self, name) < float("inf"):
                raise InputError(f"{name} must be finite and 1 or more, not {getattr(self, name)}")


NONE = Faults()

MIXTURES: dict[str, Faults] = {
    "none": NONE,
    "usual": Faults(
        crashes_per_hour=0.5,
        slow_start=0.05,
        failed_start=0.02,
        straggler=0.01,
        node_losses_per_hour=0.1,
        lost_scrape=0.02,
    ),
    "harsh": Faults(
        crashes_per_hour=20.0,
        slow_start=0.2,
        failed_start=0.2,
        straggler=0.05,
        node_losses_per_hour=10.0,
        lost_scrape=0.1,
    ),
}
"""Mixtures by name, with rates that we chose: a bad day and a broken cluster. Both have every kind of fault."""


DESCRIPTIONS = {
    "none": "nothing goes wrong",
    "usual": "a bad day: a crash per replica in two hours, now and then a straggler, a slow or failed start",
    "harsh": "a broken cluster: a crash per replica every three minutes, every fifth start slow, every fifth failed",
}


def by_name(name: str, *, has_nodes: bool) -> Faults:
    """The mixture called `name`; without nodes, it has no losses of nodes.

    Raises:
        InputError: no such mixture.
    """
    if name not in MIXTURES:
        raise unknown_name("faults", name, MIXTURES)
    return MIXTURES[name] if has_nodes else replace(MIXTURES[name], node_losses_per_hour=0.0)
