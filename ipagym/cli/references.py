"""The returns of reference agents on every scenario: measured, saved for the environments, and shown as a table."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from ipagym.agents.simple.best_constant import best_constant
from ipagym.agents.simple.static import Fixed
from ipagym.api import compare
from ipagym.bench.comparison.results import Comparison
from ipagym.cli.controllers import markdown
from ipagym.cli.zoo import SUITE
from ipagym.envs.reference_returns import FILE, Reference, references
from ipagym.envs.scenarios import make_scenario, names
from ipagym.system.files import write_atomically
from ipagym.task.scenario import Scenario
from ipagym.task.splits import TEST

SEEDS = 3

OPTIMISERS = {"infadapter": "infadapter", "joint": "joint", "sponge": "sponge", "sponge-resnet18": "sponge",
              "sponge-yolov5n": "sponge"}  # fmt: skip
"""The optimiser of a scenario's paper, if it is not IPA's."""


CONSTANT = "static-best"


def measure(folder: Path, workers: int = 1) -> None:
    """Run the reference agents on every scenario and write their returns; results in `folder` are reused."""
    found = {name: _fields(each) for name, each in references().items()}
    for name in measured_names():
        found[name] = _fields(_reference(name, folder / name, workers))
        head = "# Mean returns of episodes (ipagym.envs.reference_returns); made by scripts/reference_returns.py.\n"
        write_atomically(FILE, (head + yaml.safe_dump(found, sort_keys=True)).encode())


def measured_names() -> list[str]:
    """The scenarios with the papers' settings. Scenarios of the suite have their own table (`ipagym.cli.suite`), and
    the profile of `digits` is measured on each machine.
    """
    return [name for name in names() if name not in (*SUITE, "digits")]


def table() -> str:
    """The returns as a Markdown table, with the mean reward per window below each return."""
    head = ["scenario", "steps", "random", "best constant", "optimiser", "clairvoyant"]
    rows = [head]
    for name, each in references().items():
        values = [each.random, each.constant, each.optimiser, each.clairvoyant]
        shown = [f"{value:,.1f} ({value / each.steps:.3f})".replace("-", "−") for value in values]
        shown[2] += f" {each.optimiser_name}"
        rows.append([name, str(each.steps), *shown])
    return markdown(rows)


def _reference(name: str, folder: Path, workers: int) -> Reference:
    scenario, optimiser = make_scenario(name), OPTIMISERS.get(name, "ipa")
    # The best constant is searched once, and not in every process that makes the agent.
    agents = {name: name for name in ("random", optimiser, "clairvoyant")} | {CONSTANT: Fixed(best_constant(scenario))}
    means = _means(compare(name, agents, seeds=SEEDS, seed0=TEST.first, out=folder, workers=workers))
    return _of_means(means, scenario, optimiser)


def _means(found: Comparison) -> Mapping[str, float]:
    return dict(zip(found.summary["agent"], found.summary["reward"], strict=True))


def _of_means(means: Mapping[str, float], scenario: Scenario, optimiser: str) -> Reference:
    """Returns computed from mean rewards of windows; the summary's means leave out the first window, as episodes do."""
    steps = scenario.windows - 1
    return Reference(
        random=round(steps * means["random"], 3),
        constant=round(steps * means[CONSTANT], 3),
        optimiser=round(steps * means[optimiser], 3),
        clairvoyant=round(steps * means["clairvoyant"], 3),
        optimiser_name=optimiser,
        episodes=SEEDS,
        first_seed=TEST.first,
        steps=steps,
    )


def _fields(reference: Reference) -> dict[str, float | int | str]:
    return {name: getattr(reference, name) for name in Reference.__dataclass_fields__}
