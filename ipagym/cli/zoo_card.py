"""The card of a policy of the package: how it was trained, and its results beside other agents."""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ipagym.agents.learned.policy_file import read_policy
from ipagym.cli.controllers import markdown
from ipagym.cli.zoo import ENTRIES, RUNS, Entry, best_run, command, runs_of
from ipagym.cli.zoo_loads import EPISODES as BY_LOAD
from ipagym.cli.zoo_loads import trials_by_load
from ipagym.cli.zoo_trials import EPISODES, METRICS, gap_cells, mean_cell, trials
from ipagym.cli.zoo_weights import EPISODES as BY_WEIGHT
from ipagym.cli.zoo_weights import trials_by_weight
from ipagym.system.files import write_atomically
from ipagym.task.splits import TEST, TRAIN, VALIDATION


def write_card(name: str, runs: Path, zoo: Path, results: Path) -> None:
    """Compare the shipped policy with other agents and write its card; existing results in `results` are reused."""
    parts = [_head(name, runs, zoo), markdown([RUN_HEAD, *map(_run_row, runs_of(name, runs))])]
    for title, episodes in _compared(name, results).items():
        parts += [f"## {title}", _table(name, episodes)]
    write_atomically(zoo / f"{name}.md", ("\n\n".join(parts) + "\n").encode())


def _head(name: str, runs: Path, zoo: Path) -> str:
    seeds = _seeds(ENTRIES[name])
    entry, card = ENTRIES[name], read_policy(zoo / f"{name}.npz").card
    loads = f" under {', '.join(entry.workloads)}, one policy for all of them" if entry.workloads else ""
    told = "".join(f"\n\nIt is told the weight `{weight}` of the scenario's objective, from {low:g} to {high:g}."
                   for weight, (low, high) in card.view.preferences.items())  # fmt: skip
    return f"""# zoo:{name}

A {card.algorithm.upper()} policy for scenario `{entry.scenario}`{loads}. Its actions are of the form
`{card.view.action}`, its observations of the form `{card.view.observation}` (docs/learning.md).{told}

Trained on seeds of training (from {TRAIN.first:,}), chosen on seeds of validation (from {VALIDATION.first:,}),
compared on test seeds {TEST.first} … {TEST.first + seeds - 1}. A run is

    ipagym {" ".join(command(name, 0))} --out FOLDER

with seeds 0 … {RUNS - 1}; `{best_run(name, runs).name}` was the best on validation and is shipped. Settings:
`agents/learned/recipes/ppo.yaml`. `python scripts/zoo.py FOLDER {name}` does all of this and writes this card."""


RUN_HEAD = ["run", "steps", "wall, s", "processor, s", "best in validation", "validation, by thousand steps"]


def _run_row(run: Path) -> list[str]:
    content = json.loads((run / "curve.json").read_text())
    curve = content["curve"]
    shown = ", ".join(f"{row['steps'] / 1000:.0f}: {row['reward']:.3f}" for row in curve)
    best = max(row["reward"] for row in curve)
    cells = [
        f"{curve[-1]['steps']:,.0f}",
        f"{content['wall_s']:.0f}",
        f"{content['processor_s']:.0f}",
        f"{best:.3f}",
        shown,
    ]
    return [run.name, *(cell.replace("-", "−") for cell in cells)]


def _seeds(entry: Entry) -> int:
    """The test seeds of each of its comparisons."""
    if entry.alphas:
        return BY_WEIGHT
    return BY_LOAD if entry.elsewhere else EPISODES


def _compared(name: str, results: Path) -> Mapping[str, pd.DataFrame]:
    """The comparisons of a policy by title: one for each load, or for each weight."""
    if ENTRIES[name].alphas:
        return trials_by_weight(name, results)
    if ENTRIES[name].elsewhere:
        return trials_by_load(name, results)
    return {load or "Its own load": trials(name, load, results) for load in ENTRIES[name].workloads or (None,)}


def _table(name: str, episodes: pd.DataFrame) -> str:
    """Each agent's means, and the policy's figures minus the agent's on the same seeds."""
    own = f"zoo:{name}"
    rows = []
    for agent in episodes["agent"].unique():
        means = [mean_cell(episodes, agent, metric) for metric in METRICS]
        apart = ["", ""] if agent == own else gap_cells(episodes, agent, own)[:2]
        rows.append([agent, *means, *reversed(apart)])
    head = ["agent", "reward", "cores", "PAS, %", "violations, %", "reward of the policy less it, 95 %", "seeds"]
    return markdown([head, *rows])
