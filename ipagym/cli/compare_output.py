"""The output of `ipagym compare`: a table for people, or the summary for programs."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ipagym.cli.output import Form, check_column, csv_of, json_of, ordered, write
from ipagym.system.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from ipagym.bench.comparison.results import Comparison
    from ipagym.bench.comparison.summary import AgentSummary
    from ipagym.task.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The form of the output, the column of `summary.csv` that sorts it, and whether the table is omitted."""

    form: Form
    by: str | None
    quiet: bool

    @property
    def is_told(self) -> bool:
        """True where people read standard output."""
        return self.form == "table" and not self.quiet


def check_sorting(by: str | None, agents: Sequence[str]) -> None:
    """Refuse, before anything runs, a column that the summary will not have.

    Raises:
        InputError: the summary will not have it.
    """
    from ipagym.bench.comparison.summary import BOUND, CLAIRVOYANT, METRICS, REGRET, UNFINISHED

    rivals = (REGRET.key, BOUND.key)
    check_column(by, ["agent", *(metric.key for metric in (*METRICS, UNFINISHED)), *rivals, "pareto"])
    if by is not None and by.removeprefix("-") in rivals and CLAIRVOYANT not in agents:
        raise InputError(f"--sort {by} needs the clairvoyant: add it to --agents")


def show(comparison: "Comparison", title: str, task: "Scenario", shown: Shown) -> None:
    """Print the results in the requested form, and the failures below the table or on standard error."""
    if shown.is_told:
        _for_people(comparison, title, task, shown.by)
        return
    if shown.form != "table":
        write(_for_programs(comparison, title, shown))
    for name, reason in comparison.manifest.failed.items():
        print(f"failed: {name}: {reason}", file=sys.stderr)


def _for_programs(comparison: "Comparison", title: str, shown: Shown) -> str:
    frame = ordered(comparison.summary, shown.by)
    if shown.form == "csv":
        return csv_of(frame)
    manifest = comparison.manifest
    return json_of(
        frame,
        title=title,
        load=manifest.load,
        seeds=manifest.seeds,
        scenario_hash=manifest.scenario_hash,
        windows_sha256=manifest.windows_sha256,
        out=str(comparison.out),
        failed=manifest.failed,
    )


def _for_people(comparison: "Comparison", title: str, task: "Scenario", by: str | None) -> None:
    from ipagym.bench.comparison.summary import bound_line, kept_knobs, summary_table
    from ipagym.cli.console import console
    from ipagym.task.workload_line import workload_line

    screen = console()
    summaries = _ordered(comparison, by)
    screen.print(summary_table(summaries, title, f"load: {workload_line(task)}"))
    _warn(comparison, screen)
    for line in bound_line(summaries):
        screen.print(line)
    for line in kept_knobs(summaries):
        screen.print(f"kept {line}", markup=False)
    for name, reason in comparison.manifest.failed.items():
        screen.print(f"failed: {name}: {reason}", markup=False, highlight=False, soft_wrap=True)
    print(f"written to {comparison.out}")


def _ordered(comparison: "Comparison", by: str | None) -> "list[AgentSummary]":
    of_agent = {summary.agent: summary for summary in comparison.summaries}
    return [of_agent[agent] for agent in ordered(comparison.summary, by)["agent"]]


def _warn(comparison: "Comparison", screen: "Console") -> None:
    from ipagym.task.splits import warning_of

    if (warning := warning_of(comparison.manifest.seeds)) is not None:
        screen.print(warning, markup=False, highlight=False)
