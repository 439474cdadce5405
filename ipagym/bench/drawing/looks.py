"""The look of each agent: the same colour, dash and marker in every figure, on paper and in the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product

Dash = str | tuple[int, tuple[float, ...]]

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B07A00", "#3A9BDC", "#000000")
"""The colours of Okabe and Ito, which those who see few colours tell apart; orange and sky blue are darker here, as
thin lines need it, and their yellow is left out.
"""

DARK_PALETTE = ("#4FA8E8", "#FF8A3D", "#2FC79A", "#E59CC6", "#E6B422", "#9AD4FF", "#FFFFFF")
"""The same on a dark ground."""

DASHES: tuple[Dash, ...] = (
    "-", (0, (4, 1.3)), (0, (4, 1.2, 1, 1.2)), (0, (1, 1)), (0, (8, 1.6)), (0, (8, 1.6, 1, 1.6)),
)  # fmt: skip
PLOTLY_DASHES = ("solid", "dash", "dashdot", "dot", "longdash", "longdashdot")
"""The names that plotly has for `DASHES`."""

MARKERS = ("o", "s", "D", "^", "v", "X", "P", "*")


@dataclass(frozen=True, slots=True)
class Look:
    """Places in `PALETTE` and in `DASHES`; the marker follows from both."""

    colour: int
    dash: int = 0

    @property
    def marker(self) -> int:
        """The place in `MARKERS`: another one for each colour."""
        return (self.colour + 2 * self.dash) % len(MARKERS)


BLUE, RED, GREEN, PINK, OCHRE, SKY, BLACK = range(len(PALETTE))

KNOWN: Mapping[str, Look] = {
    "ipa": Look(BLUE), "infadapter": Look(BLUE, 1), "sponge": Look(BLUE, 2), "joint": Look(BLUE, 3),
    "hpa": Look(RED), "vpa": Look(RED, 1), "vpa-plus": Look(RED, 2), "keda": Look(RED, 3),
    "knative": Look(RED, 4), "ray-serve": Look(RED, 5),
    "zoo": Look(GREEN), "policy": Look(GREEN, 1), "ppo": Look(GREEN, 2), "q-learning": Look(GREEN, 3),
    "fa2-high": Look(PINK), "clairvoyant": Look(PINK, 1), "cocktail": Look(PINK, 2), "infaas": Look(PINK, 3),
    "model-switching": Look(PINK, 4), "nexus": Look(PINK, 5),
    "fa2-low": Look(OCHRE), "fa2": Look(OCHRE, 1), "ms-plus": Look(OCHRE, 2), "tuned": Look(OCHRE, 3),
    "mark": Look(OCHRE, 4), "inferline": Look(OCHRE, 5),
    "rim": Look(SKY), "mpc": Look(SKY, 1), "autopilot": Look(SKY, 2), "proteus": Look(SKY, 3), "loki": Look(SKY, 4),
    "jellyfish": Look(SKY, 5),
    "static": Look(BLACK), "hold": Look(BLACK, 1), "static-min": Look(BLACK, 2), "static-max": Look(BLACK, 3),
    "random": Look(BLACK, 4), "threshold": Look(BLACK, 5),
}  # fmt: skip
"""The looks of well-known agents, by the name before any argument. Those that papers compare differ in colour."""


def looks(agents: Sequence[str]) -> dict[str, Look]:
    """The look of each agent, all different as long as there are looks left.

    An agent of `KNOWN` has its own, with or without an argument; a second of the same name, or an agent of another
    name, has one that its full name chooses, or the next that is free, first of the colours that nobody has.
    """
    found: dict[str, Look] = {}
    for agent in sorted(agents, key=lambda each: each not in KNOWN):
        own = KNOWN.get(_base(agent))
        found[agent] = own if own is not None and own not in found.values() else _free(agent, list(found.values()))
    return {agent: found[agent] for agent in agents}


def _base(agent: str) -> str:
    return agent.partition("@")[0].partition(":")[0]


def _free(agent: str, taken: Sequence[Look]) -> Look:
    """The first free look from the one that the name chooses on."""
    start = int.from_bytes(sha256(agent.encode()).digest()[:4], "big") % len(PALETTE)
    colours = [(start + step) % len(PALETTE) for step in range(len(PALETTE))]
    every = [Look(colour, dash) for dash, colour in product(range(len(DASHES)), colours)]
    used = {look.colour for look in taken}
    ordered = sorted(every, key=lambda look: look.colour in used)
    return next((look for look in ordered if look not in taken), ordered[0])
