"""Returns of reference agents on the scenarios of the package, for comparison with a learner's returns.

The figures are in `reference_returns.yaml`; `python scripts/reference_returns.py` makes them.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ipagym.envs.scenarios import make_scenario
from ipagym.profiles.yaml_file import read_yaml
from ipagym.task.scenario import Scenario

FILE = Path(__file__).parent / "reference_returns.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """Mean returns of a scenario's episodes under its own workload, over `episodes` seeds from `first_seed`.

    `random` takes random decisions; `constant` is the best constant configuration, found on other seeds; `optimiser` is
    that of the scenario's paper (named `optimiser_name`); `clairvoyant` plans with the future load. `steps` is the
    number of steps of an episode.
    """

    random: float
    constant: float
    optimiser: float
    clairvoyant: float
    optimiser_name: str
    episodes: int
    first_seed: int
    steps: int

    @property
    def scale(self) -> tuple[float, float]:
        """Offset and divisor of the reward of a window: (r − offset) / divisor is 0 for the clairvoyant, −1 for
        random decisions.
        """
        return self.clairvoyant / self.steps, (self.clairvoyant - self.random) / self.steps


@cache
def references() -> dict[str, Reference]:
    """All reference returns by the name of their scenario."""
    return {name: Reference(**figures) for name, figures in read_yaml(FILE, "table of returns").items()}


def reference_of(name: str | None, scenario: Scenario) -> Reference | None:
    """The reference returns on the scenario; None if it is not the package's scenario of that name, unchanged."""
    if name not in references() or make_scenario(name).digest() != scenario.digest():
        return None
    return references()[name]


def reference_scale(name: str | None) -> tuple[float, float] | None:
    """Offset and divisor of the rewards of the scenario of that name; changed versions of it use the same."""
    known = references().get(name or "")
    return None if known is None else known.scale
