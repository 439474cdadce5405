"""The table of a sweep: each agent's results at each combination, and the differences from the first one."""

from collections.abc import Mapping

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ipagym.bench.comparison.results import CI
from ipagym.bench.sweep.grid import Value, label, short_name, text_of
from ipagym.bench.sweep.results import Sweep

COLUMNS: Mapping[str, str] = {"violation_percent": "SLO\nviol. %", "cores": "cores", "pas_percent": "PAS %"}
"""Metrics of the table. The reward is only in the files: it is not comparable under different weights."""


def sweep_table(found: Sweep) -> Table:
    """A row for each combination and agent; the last columns are paired differences from the first combination."""
    table = Table(
        title=escape(f"{found.scenario}, seeds: {len(found.comparisons[0].manifest.seeds)}"),
        box=SIMPLE_HEAD,
        padding=0,
        caption=f"Δ: minus the same agent's at {escape(label(found.points[0]))}, on the same seeds; "
        "± half width of the 95 % interval",
    )
    for name in found.settings:
        table.add_column(short_name(name), justify="right")
    table.add_column("agent", overflow="fold")
    for heading in (*COLUMNS.values(), *(f"Δ {heading}" for heading in COLUMNS.values())):
        table.add_column(heading, justify="right", no_wrap=True)
    changes = _changes(found)
    for row in found.summary.to_dict("records"):
        at = tuple(text_of(row[name]) for name in found.settings)
        means = [_text(row[key], row[key + CI]) for key in COLUMNS]
        differences = [changes.get((*at, row["agent"], key), "") for key in COLUMNS]
        table.add_row(*at, escape(row["agent"]), *means, *differences)
    return table


def _changes(found: Sweep) -> dict[tuple[str, ...], str]:
    """The text of each difference, by combination, agent and metric."""
    frame = found.changes
    if "metric" not in frame:  # a single combination
        return {}
    return {
        (*(text_of(row[name]) for name in found.settings), row["agent"], row["metric"]): _text(
            row["difference"], row["ci95"], "+"
        )
        for row in frame.to_dict("records")
    }


def _text(mean: Value, half_width: Value, sign: str = "") -> str:
    text = f"{mean:{sign}.2f}"
    return text if half_width is None or pd.isna(half_width) else f"{text}\n±{half_width:.2f}"
