"""The policies of the package. Each task has several training runs; the best on validation is shipped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

RUNS = 3
"""Training seeds of each policy, 0, 1 …; the best on validation is taken."""


SLOW = ("mpc", "clairvoyant")
"""Agents that search for about a minute in every episode."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A policy: its scenario, the loads of training and comparison (by default the scenario's own), the optimiser of
    the scenario's paper, and further agents to compare it with.

    `options` are further options of `ipagym train`. A policy with the weight of accuracy as input is compared under
    each of `alphas`. A policy for all kinds of load is compared on the scenario's own load and on the loads in
    `elsewhere`; it was trained on none of these.
    """

    scenario: str
    optimiser: str
    workloads: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    alphas: tuple[float, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def tuned(self) -> str:
        """The optimiser with its forecast scaled by the factor that is best in training."""
        return f"tuned:{self.optimiser}"


SUITE: Mapping[str, Entry] = {
    "video-day": Entry(scenario="video-day", optimiser="ipa"),
    "video-day-faults": Entry(scenario="video-day-faults", optimiser="ipa"),
    "joint-day": Entry(scenario="joint-day", optimiser="joint"),
    "infadapter-day": Entry(scenario="infadapter-day", optimiser="infadapter"),
    "sponge-waves": Entry(scenario="sponge-waves", optimiser="sponge"),
}
"""The tasks of the suite."""

PAPERS: Mapping[str, Entry] = {
    "video": Entry(
        scenario="video",
        optimiser="ipa",
        workloads=("bursty", "steady-low", "steady-high", "fluctuating"),
        beside=("nexus",),
    ),
    "sponge": Entry(scenario="sponge", optimiser="sponge", beside=("joint",)),
    "joint": Entry(scenario="joint", optimiser="joint", beside=("ipa",)),
    "infadapter": Entry(scenario="infadapter", optimiser="infadapter", beside=("ms-plus",)),
}
"""The settings of the papers, and all knobs at once."""

TOLD: Mapping[str, Entry] = {
    "video-day-weights": Entry(
        scenario="video-day",
        optimiser="ipa",
        beside=("zoo:video-day",),
        options=("--preference", "alpha=0.25:4", "--steps", "300000"),
        alphas=(10.0, 20.0, 40.0, 80.0, 160.0),
    ),
}
"""Policies with weights of the objective as input."""

_KINDS_TO_60_RPS = (
    "twitter-day:4:3600",
    "diurnal:10:50:400:1200",
    "mmpp:12:45:240:40:1200",
    "flash-crowd:12:55:25:300:1200",
)
_OTHERS_TO_60_RPS = (
    "diurnal:5:40:700:1400",
    "mmpp:8:35:120:90:1200",
)
_KINDS_TO_220_RPS = (
    "twitter-day:1:3600",
    "diurnal:50:220:500:1500",
    "mmpp:50:200:360:60:1500",
    "flash-crowd:50:220:25:300:1500",
)
_OTHERS_TO_220_RPS = (
    "diurnal:30:180:900:1800",
    "mmpp:60:170:200:120:1500",
)


def _general(scenario: str, optimiser: str, workloads: tuple[str, ...], elsewhere: tuple[str, ...]) -> Entry:
    """An entry for a task of the suite; it is compared with that task's own policy."""
    own = (f"zoo:{scenario}",)
    return Entry(scenario=scenario, optimiser=optimiser, workloads=workloads, beside=own, elsewhere=elsewhere)


GENERAL: Mapping[str, Entry] = {
    "video-loads": _general("video-day", "ipa", _KINDS_TO_60_RPS, _OTHERS_TO_60_RPS),
    "joint-loads": _general("joint-day", "joint", _KINDS_TO_60_RPS, _OTHERS_TO_60_RPS),
    "infadapter-loads": _general("infadapter-day", "infadapter", _KINDS_TO_220_RPS, _OTHERS_TO_220_RPS),
}
"""Policies for tasks of the suite that were trained on four kinds of load together."""

LIVE: Mapping[str, Entry] = {"digits": Entry(scenario="digits", optimiser="ipa")}
"""For the pipeline with real models."""

ENTRIES: Mapping[str, Entry] = {**PAPERS, **SUITE, **TOLD, **GENERAL, **LIVE}


def command(name: str, seed: int) -> list[str]:
    """The arguments of `ipagym` that train a run of the entry, without the folder."""
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
