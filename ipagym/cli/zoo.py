"""The policies of the package: several training runs of each task, of which the best on validation is shipped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

RUNS = 3
"""Training seeds of each policy, 0, 1 …; the best on validation is taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A policy: the scenario, the loads that it is trained on together (its own where there are none) and compared on,
    the agents that it is compared with, and those of them that take minutes for an episode.

    `options` are others of `ipagym train`. It is compared under each of `objectives`, changes of the scenario's, on so
    many test seeds, from the first on.
    """

    scenario: str
    workloads: tuple[str, ...] = ()
    rivals: tuple[str, ...]
    slow: tuple[str, ...] = ("mpc", "clairvoyant")
    options: tuple[str, ...] = ()
    objectives: tuple[Mapping[str, float], ...] = ({},)
    episodes: int = 20


def _of_suite(task: str, optimiser: str) -> Entry:
    return Entry(scenario=task, rivals=("static:best", optimiser, f"tuned:{optimiser}"))


SUITE: Mapping[str, Entry] = {
    "video-day": _of_suite("video-day", "ipa"),
    "video-day-faults": _of_suite("video-day-faults", "ipa"),
    "joint-day": _of_suite("joint-day", "joint"),
    "infadapter-day": _of_suite("infadapter-day", "infadapter"),
    "sponge-waves": _of_suite("sponge-waves", "sponge"),
}
"""The tasks of the suite, each with the best constant, the optimiser of its paper, and that one tuned."""

PAPERS: Mapping[str, Entry] = {
    "video": Entry(
        scenario="video",
        workloads=("bursty", "steady-low", "steady-high", "fluctuating"),
        rivals=("static:best", "ipa", "tuned:ipa", "nexus"),
    ),
    "sponge": Entry(scenario="sponge", rivals=("static:best", "sponge", "tuned:sponge", "joint")),
    "joint": Entry(scenario="joint", rivals=("static:best", "joint", "tuned:joint", "ipa")),
    "infadapter": Entry(scenario="infadapter", rivals=("static:best", "infadapter", "tuned:infadapter", "ms-plus")),
}

CONDITIONED: Mapping[str, Entry] = {
    "video-day-weights": Entry(
        scenario="video-day",
        rivals=("static:best", "ipa", "zoo:video-day"),
        slow=(),
        options=("--preference", "alpha=0.25:4", "--steps", "300000"),
        objectives=tuple({"alpha": alpha} for alpha in (10.0, 20.0, 40.0, 80.0, 160.0)),
        episodes=10,
    ),
}
"""Policies that are told the weights of the objective."""

ENTRIES: Mapping[str, Entry] = {**PAPERS, **SUITE, **CONDITIONED}


def command(name: str, seed: int) -> list[str]:
    """The arguments of `ipagym` that train a run of the entry, short of the folder."""
    entry = ENTRIES[name]
    loads = [part for each in entry.workloads for part in ("--workload", each)]
    return ["train", entry.scenario, *loads, *entry.options, "--seed", str(seed)]


def runs_of(name: str, folder: Path) -> list[Path]:
    """The folders of the entry's runs, `NAME-SEED`."""
    return [folder / f"{name}-{seed}" for seed in range(RUNS)]


def best_run(name: str, folder: Path) -> Path:
    """The run with the best validation."""
    return max(runs_of(name, folder), key=_best_reward)


def _best_reward(run: Path) -> float:
    rows = json.loads((run / "curve.json").read_text())["curve"]
    return max(float(row["reward"]) for row in rows)


def ship(name: str, runs: Path, zoo: Path) -> None:
    """Copy the best policy of the runs into the zoo."""
    copyfile(best_run(name, runs) / "best.npz", zoo / f"{name}.npz")
