"""The figures of every cell of a suite, and scores that make different tasks comparable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ipagym.bench.comparison.results import Comparison, load_results
from ipagym.bench.leaderboard.run import Failure, failures_in, suite_in
from ipagym.bench.leaderboard.statistics import Scores
from ipagym.bench.leaderboard.suite import Group, Suite
from ipagym.envs.reference_returns import reference_of

SWITCHING, ENERGY = "switching", "energy_kj"
"""Columns beside the metrics of a comparison: knobs changed in a window, kilojoules of an episode."""

LEAST_SPAN = 1e-9
"""A task has no scores if the ceiling is not further than this above the reference."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """The mean rewards of a window that score 0 and 1 on a task, and where the 1 is from."""

    zero: float
    one: float
    source: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Board:
    """`cells` has a row per group, agent and seed: the figures of the episode and `score`, which is
    (reward − zero) / (one − zero) with the anchors of the group, and not a number where it has none.
    """

    suite: Suite
    cells: pd.DataFrame
    anchors: Mapping[str, Anchors]
    failures: tuple[Failure, ...]

    def agents(self) -> list[str]:
        """All that have results on some task."""
        return list(dict.fromkeys(self.cells["agent"]))

    def scored(self) -> list[str]:
        """The groups that have scores."""
        return list(self.anchors)

    def groups_of(self, agent: str) -> list[str]:
        """The groups with scores that the agent has results on."""
        own = set(self.cells.loc[self.cells["agent"] == agent, "group"])
        return [group for group in self.anchors if group in own]

    def values(self, agent: str, groups: Sequence[str], column: str = "score") -> Scores:
        """A figure of the agent, of shape (seeds, groups)."""
        own = self.cells[self.cells["agent"] == agent]
        return np.column_stack(
            [own[own["group"] == group].sort_values("seed")[column].to_numpy(dtype=float) for group in groups]
        )


def read_board(folder: Path) -> Board:
    """The board of the results in a folder.

    Raises:
        InputError: it holds no complete results of a suite.
    """
    suite = suite_in(folder)
    found = {group.name: load_results(folder / group.name) for group in suite.groups}
    return make_board(suite, {name: cells_of(each) for name, each in found.items()}, failures_in(found))


def make_board(suite: Suite, cells: Mapping[str, pd.DataFrame], failures: Sequence[Failure]) -> Board:
    """The board of the cells of every group."""
    anchors: dict[str, Anchors] = {}
    frames = []
    for group in suite.groups:
        own = cells[group.name]
        found = _anchors(suite, group, own)
        if found is not None:
            anchors[group.name] = found
        own = _with_regret(own, suite.file.ceiling)
        score = np.nan if found is None else (own["reward"] - found.zero) / (found.one - found.zero)
        frames.append(own.assign(group=group.name, score=score))
    return Board(suite=suite, cells=pd.concat(frames, ignore_index=True), anchors=anchors, failures=tuple(failures))


def cells_of(found: Comparison) -> pd.DataFrame:
    """A row per agent and seed: the metrics of the comparison, switches of a window, energy, decision times."""
    by = ["agent", "seed"]
    windows = found.windows.groupby(by, sort=False)
    extra = pd.DataFrame({
        SWITCHING: windows["reward_switching"].mean(),
        ENERGY: windows["energy_j"].sum() / 1000,
        "decision_ms": 1000 * found.timings.groupby(by, sort=False)["decision_s"].median(),
    })  # fmt: skip
    return found.episodes.merge(extra.reset_index(), on=by, validate="one_to_one")


def _with_regret(cells: pd.DataFrame, ceiling: str | None) -> pd.DataFrame:
    """The cells with the regret to the ceiling on the same seed, where it ran."""
    best = cells[cells["agent"] == ceiling].set_index("seed")["reward"]
    return cells if best.empty else cells.assign(regret=cells["seed"].map(best) - cells["reward"])


def _anchors(suite: Suite, group: Group, cells: pd.DataFrame) -> Anchors | None:
    """The anchors, or none where the reference failed or nothing is above it."""
    means = cells.groupby("agent", sort=False)["reward"].mean()
    if suite.file.reference not in means:
        return None
    one, source = _ceiling(suite, group, means)
    zero = float(means[suite.file.reference])
    return Anchors(zero, one, source) if one > zero + LEAST_SPAN else None


def _ceiling(suite: Suite, group: Group, means: "pd.Series[float]") -> tuple[float, str]:
    ceiling = suite.file.ceiling
    if ceiling is not None and ceiling in means:
        return float(means[ceiling]), ceiling
    stored = reference_of(suite.file.tasks[group.task].scenario, group.scenario)
    if stored is not None:
        return stored.clairvoyant / stored.steps, "clairvoyant, as stored"
    return float(means.max()), f"the best here, {means.idxmax()}"
