"""A policy with the weight of accuracy as input, compared with other agents under several weights."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ipagym.bench.front.points import points_of
from ipagym.bench.front.tables import box_line, interval_text, volume_frame
from ipagym.bench.front.volume import box_of
from ipagym.cli.controllers import markdown
from ipagym.cli.front import write_pictures
from ipagym.cli.zoo import ENTRIES
from ipagym.cli.zoo_trials import CONSTANT, compared, gap_row
from ipagym.envs.scenarios import make_scenario

EPISODES = 10
"""Test seeds under each weight, from the first on."""


def trials_by_weight(name: str, results: Path) -> Mapping[str, pd.DataFrame]:
    """The figures of the policy and its rivals by weight, a row per agent and seed; existing results are reused."""
    return {f"alpha-{alpha:g}": _trials(name, alpha, results) for alpha in ENTRIES[name].alphas}


def tables(name: str, results: Path) -> str:
    """Rewards and paired differences under each weight, and hypervolumes, as Markdown tables."""
    episodes = trials_by_weight(name, results)
    points = points_of(episodes)
    box = box_of(points)
    own, *rivals = points.of_agent
    head = ["price", "reward", *(f"less {rival}" for rival in rivals)]
    rows = [gap_row(price, found, own) for price, found in episodes.items()]
    volumes = volume_frame(points, box)
    told = [[f"`{row['agent']}`", _plain(interval_text(row, "hypervolume")), _plain(interval_text(row, "less_first"))]
            for _, row in volumes.iterrows()]  # fmt: skip
    volume_head = ["agent", "hypervolume, 95 %", f"less that of `{own}`, 95 %"]
    return "\n\n".join([markdown([head, *rows]), markdown([volume_head, *told]), f"Hypervolume: {box_line(box)}."])


def draw(name: str, results: Path, *paths: Path) -> None:
    """Draw the fronts into files."""
    write_pictures(points_of(trials_by_weight(name, results)), *paths)


def _trials(name: str, alpha: float, results: Path) -> pd.DataFrame:
    entry = ENTRIES[name]
    scenario = make_scenario(entry.scenario, objective={"alpha": alpha})
    alone = [[agent] for agent in (f"zoo:{name}", CONSTANT, entry.optimiser, *entry.beside)]
    return compared(scenario, alone, results / f"{name}-own-alpha-{alpha:g}", seeds=EPISODES)


def _plain(text: str) -> str:
    """The text with typographic minus signs."""
    return text.replace("-", "−")
