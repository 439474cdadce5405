"""The policies of the package: several training runs of each task, the best on validation, and what it is worth."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pandas as pd

from ipagym.api import compare
from ipagym.bench.comparison.confidence import half_width
from ipagym.system.files import write_atomically
from ipagym.task.splits import TEST, TRAIN, VALIDATION

RUNS = 3
"""Training seeds of each policy, 0, 1 …; the best on validation is taken."""

EPISODES = 20
"""Test seeds of a comparison, from the first on."""

FEW = 4
"""Test seeds for agents that take minutes for an episode."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A policy: the scenario, the loads that it is trained on together (its own where there are none) and compared on,
    and the agents that it is compared with, on all and on few seeds.
    """

    scenario: str
    workloads: tuple[str, ...] = ()
    rivals: tuple[str, ...]
    slow: tuple[str, ...] = ()


ENTRIES: Mapping[str, Entry] = {
    "video": Entry(
        scenario="video",
        workloads=("bursty", "steady-low", "steady-high", "fluctuating"),
        rivals=("ipa", "static:best", "nexus"),
        slow=("mpc", "clairvoyant"),
    ),
    "sponge": Entry(scenario="sponge", rivals=("sponge", "joint", "static:best"), slow=("mpc",)),
    "joint": Entry(scenario="joint", rivals=("joint", "ipa", "static:best"), slow=("mpc",)),
    "infadapter": Entry(scenario="infadapter", rivals=("infadapter", "ms-plus", "static:best", "mpc")),
}


def command(name: str, seed: int) -> list[str]:
    """The arguments of `ipagym` that train a run of the entry, short of the folder."""
    entry = ENTRIES[name]
    loads = [part for each in entry.workloads for part in ("--workload", each)]
    return ["train", entry.scenario, *loads, "--seed", str(seed)]


def best_run(name: str, folder: Path) -> Path:
    """Of the runs `NAME-SEED` below the folder, the one with the best validation."""
    runs = [folder / f"{name}-{seed}" for seed in range(RUNS)]
    return max(runs, key=_best_reward)


def _best_reward(run: Path) -> float:
    rows = json.loads((run / "curve.json").read_text())["curve"]
    return max(float(row["reward"]) for row in rows)


def ship(name: str, runs: Path, zoo: Path) -> Path:
    """Copy the best policy of the runs into the zoo; returns its run."""
    chosen = best_run(name, runs)
    copyfile(chosen / "best.npz", zoo / f"{name}.npz")
    return chosen


def write_card(name: str, runs: Path, zoo: Path, results: Path) -> None:
    """Compare the shipped policy with its rivals, and write its card; what is in `results` is not run again."""
    entry, chosen = ENTRIES[name], best_run(name, runs)
    lines = [*_head(name, entry, chosen, runs)]
    for load in entry.workloads or (None,):
        lines += _table(name, entry, load, results)
    write_atomically(zoo / f"{name}.md", ("\n".join(lines) + "\n").encode())


def _head(name: str, entry: Entry, chosen: Path, runs: Path) -> list[str]:
    seeds = [f"{VALIDATION.first} …", f"{TRAIN.first} …", f"{TEST.first}–{TEST.first + EPISODES - 1}"]
    lines = [
        f"# zoo:{name}",
        "",
        f"A PPO policy for scenario `{entry.scenario}`"
        + (f" under {', '.join(entry.workloads)}, one policy for all of them." if entry.workloads else "."),
        f"Trained on seeds from {seeds[1]}, chosen on seeds from {seeds[0]}, compared on seeds {seeds[2]}.",
        f"Made by `python scripts/zoo.py FOLDER {name}`; a run is `ipagym {' '.join(command(name, 0))} --out FOLDER`,",
        f"with seeds 0 … {RUNS - 1}; `{chosen.name}` was the best on validation.",
        "Settings: `agents/learned/recipes/ppo.yaml`.",
        "",
        "| run | steps | wall time, s | processor time, s | rewards in validation, by steps |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    return lines + [_run_row(runs / f"{name}-{seed}") for seed in range(RUNS)]


def _run_row(run: Path) -> str:
    content = json.loads((run / "curve.json").read_text())
    shown = ", ".join(f"{row['steps'] / 1000:.0f}k {row['reward']:.3f}" for row in content["curve"])
    steps = f"{content['curve'][-1]['steps']:,.0f}"
    return _minus(f"| {run.name} | {steps} | {content['wall_s']:.0f} | {content['processor_s']:.0f} | {shown} |")


def _table(name: str, entry: Entry, load: str | None, results: Path) -> list[str]:
    title = load or "its own load"
    windows = _windows(name, entry, load, results)
    means = {agent: _by_seed(windows, agent) for agent in windows["agent"].unique()}
    own = means[f"zoo:{name}"]
    lines = ["", f"## {title}", "", "| agent | reward | violations, % | cores | PAS | zoo less it, paired | seeds |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for agent, rewards in means.items():
        each = windows[windows["agent"] == agent]
        violations = 100 * each["violations"].sum() / max(1, each["arrivals"].sum())
        cores, pas = each["cores"].mean(), 100 * each["pas"].mean()
        figures = f"{rewards.mean():.3f} | {violations:.3f} | {cores:.2f} | {pas:.2f}"
        apart = (own[rewards.index] - rewards).tolist()
        paired = "" if agent == f"zoo:{name}" else f"{sum(apart) / len(apart):+.3f} ± {half_width(apart):.3f}"
        lines.append(_minus(f"| {agent} | {figures} | {paired} | {len(rewards)} |"))
    return lines


def _windows(name: str, entry: Entry, load: str | None, results: Path) -> pd.DataFrame:
    """Those of all agents; each group has a folder, so that another policy leaves the others' episodes as they are."""
    groups = {"zoo": ([f"zoo:{name}"], EPISODES), "rivals": (entry.rivals, EPISODES), "slow": (entry.slow, FEW)}
    parts = []
    for group, (agents, seeds) in groups.items():
        if agents:
            out = results / f"{name}-{load or 'own'}-{group}"
            found = compare(entry.scenario, list(agents), workload=load, seeds=seeds, seed0=TEST.first, out=out)
            parts.append(found.windows)
    return pd.concat(parts, ignore_index=True)


def _by_seed(windows: pd.DataFrame, agent: str) -> "pd.Series[float]":
    return windows[windows["agent"] == agent].groupby("seed")["reward"].mean()


def _minus(text: str) -> str:
    return text.replace("| -", "| −").replace(" -", " −")


def make(names: Sequence[str], folder: Path, zoo: Path) -> None:
    """Ship and describe those policies, from runs that are finished."""
    for name in names:
        ship(name, folder, zoo)
        write_card(name, folder, zoo, folder / "compared")
