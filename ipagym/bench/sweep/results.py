"""The results of a sweep: a comparison for each combination of settings, and the effects of the settings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ipagym.bench.comparison.pairs import paired
from ipagym.bench.comparison.results import Comparison, load_results
from ipagym.bench.storage.readme import write_readme
from ipagym.bench.sweep.grid import Point, Value, folder_name, points, text_of
from ipagym.system.errors import InputError
from ipagym.system.files import make_folder, write_atomically

FILE_NAME = "sweep.json"
SUMMARY = "sweep.csv"
CHANGES = "changes.csv"

FILES = {
    SUMMARY: "a row per combination of values and agent: the columns of a comparison's `summary.csv`",
    CHANGES: "effects of the values: each agent's figures minus its own at the first combination, on the same seeds",
    FILE_NAME: "the settings of the sweep",
    "*/": "the comparison of each combination, with a README of its own",
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sweep:
    """A comparison for each combination of `settings`, in the order of the grid; `out` is their folder."""

    scenario: str
    settings: Mapping[str, Sequence[Value]]
    comparisons: Sequence[Comparison] = field(repr=False)
    out: Path

    @property
    def points(self) -> list[Point]:
        """The combination of settings of each comparison."""
        return points(self.settings)

    @property
    def summary(self) -> pd.DataFrame:
        """One row per combination and agent: the settings, and the columns of a comparison's summary."""
        return self._joined([each.summary for each in self.comparisons])

    @property
    def episodes(self) -> pd.DataFrame:
        """One row per combination, agent and seed: the settings, and the metrics of the episode."""
        return self._joined([each.episodes for each in self.comparisons])

    @property
    def changes(self) -> pd.DataFrame:
        """Effects of the settings: each agent's figures minus its own at the first combination, on the same seeds.

        One row per later combination, agent that finished both, and metric, with the columns of `Comparison.paired`.
        """
        first, *later = self.comparisons
        return self._joined([first.episodes.iloc[:0], *(_changes(first.episodes, each.episodes) for each in later)])

    def paired(self, agent: str, reference: str) -> pd.DataFrame:
        """The agent's figures minus the reference's at each combination: one row per combination and metric.

        Raises:
            InputError: one of them is not in the sweep.
        """
        return self._joined([each.paired(agent, reference).reset_index() for each in self.comparisons])

    def _joined(self, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
        """The frames of all combinations as one, with the settings as the first columns."""
        named = []
        for point, frame in zip(self.points, frames, strict=True):
            columns = pd.DataFrame({name: [value] * len(frame) for name, value in point.items()}, index=frame.index)
            named.append(pd.concat([columns, frame], axis=1))
        filled = [frame for frame in named if len(frame)]
        return pd.concat(filled, ignore_index=True) if filled else named[0]


def load_sweep(folder: str | Path) -> Sweep:
    """The results that `ipagym sweep` wrote into the folder; `load_results` reads each of its subfolders.

    Raises:
        InputError: it holds none, or they are incomplete.
    """
    out = Path(folder)
    scenario, settings = _record(out)
    comparisons = tuple(load_results(out / folder_name(point)) for point in points(settings))
    return Sweep(scenario=scenario, settings=settings, comparisons=comparisons, out=out)


def is_sweep(folder: Path) -> bool:
    """True for the folder of a sweep."""
    return (folder / FILE_NAME).is_file()


def begin(out: Path, scenario: str, settings: Mapping[str, Sequence[Value]]) -> None:
    """Make the folder and record the settings, so that the same call, or one with more values, continues there.

    Raises:
        InputError: it holds another sweep, or one with further values.
    """
    make_folder(out)
    if is_sweep(out):
        _check_kept(out, scenario, settings)
    record = {"scenario": scenario, "settings": {name: list(values) for name, values in settings.items()}}
    write_atomically(out / FILE_NAME, (json.dumps(record, indent=2) + "\n").encode())


def write_tables(found: Sweep) -> None:
    """Write the summary and the changes as CSV, and a README that describes the files."""
    write_atomically(found.out / SUMMARY, found.summary.to_csv(index=False).encode())
    write_atomically(found.out / CHANGES, found.changes.to_csv(index=False).encode())
    told = {name: ", ".join(map(text_of, values)) for name, values in found.settings.items()}
    write_readme(found.out, f"A sweep of {found.scenario}", told, FILES)


def _changes(first: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    agents = [agent for agent in dict.fromkeys(later["agent"]) if agent in set(first["agent"])]
    return pd.concat([_change(first, later, agent) for agent in agents], ignore_index=True)


def _change(first: pd.DataFrame, later: pd.DataFrame, agent: str) -> pd.DataFrame:
    """The differences between one agent's figures at two combinations."""
    both = [frame[frame["agent"] == agent].assign(agent=name) for name, frame in (("first", first), ("later", later))]
    found = paired(pd.concat(both, ignore_index=True), "later", "first").reset_index()
    return pd.concat([pd.Series([agent] * len(found), name="agent", dtype=object), found], axis=1)


def _check_kept(out: Path, scenario: str, settings: Mapping[str, Sequence[Value]]) -> None:
    known, kept = _record(out)
    asked = {name: set(map(text_of, values)) for name, values in settings.items()}
    if known != scenario or list(kept) != list(settings):
        raise InputError(f"{out} holds a sweep of {known} over {', '.join(kept)}: choose another --out")
    for name, values in kept.items():
        lost = [text for text in map(text_of, values) if text not in asked[name]]
        if lost:
            raise InputError(
                f"{out} also holds {name}={','.join(lost)}: choose another --out, or ask for these values too"
            )


def _record(out: Path) -> tuple[str, dict[str, list[Value]]]:
    """The scenario and the settings of the sweep in the folder.

    Raises:
        InputError: there is no sweep, or it cannot be read.
    """
    try:
        content = json.loads((out / FILE_NAME).read_text(encoding="utf-8"))
        return str(content["scenario"]), {str(name): list(values) for name, values in content["settings"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{out} holds no sweep that can be read: give a folder that `ipagym sweep` wrote") from error
