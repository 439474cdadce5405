"""Returns of reference agents on the scenarios of the package, so that a learner knows where it stands.

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
    """Mean returns of episodes of a scenario under its own workload, over `episodes` seeds from `first_seed`.

    `random` draws every decision, `constant` is the best constant configuration, found on other seeds, `optimiser` the
    one of the scenario's paper (its name is `optimiser_name`), `clairvoyant` plans with the load to come. `steps` are
    those of an episode.
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
    """All of them by the name of their scenario."""
    return {name: Reference(**figures) for name, figures in read_yaml(FILE, "table of returns").items()}


def reference_of(name: str | None, scenario: Scenario) -> Reference | None:
    """The reference returns on the scenario; None where it is not the one of that name as the package has it."""
    if name not in references() or make_scenario(name).digest() != scenario.digest():
        return None
    return references()[name]


def reference_scale(name: str | None) -> tuple[float, float] | None:
    """Offset and divisor of the rewards of the scenario of that name; they hold for its variations as well."""
    known = references().get(name or "")
    return None if known is None else known.scale
