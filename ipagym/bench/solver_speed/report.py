"""The results of the solver benchmark: a table, a picture like the IPA paper's of its scalability, and files."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from io import StringIO
from math import isnan
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ipagym.bench.drawing.files import picture_bytes
from ipagym.bench.engine_speed.report import this_machine
from ipagym.bench.figures.solver import solver_figure
from ipagym.bench.solver_speed import Row, Settings
from ipagym.bench.storage.readme import write_readme
from ipagym.system.files import write_atomically


def table(rows: Sequence[Row]) -> Table:
    """A line for each size and solver, in milliseconds."""
    shown = Table(title="milliseconds per decision", box=SIMPLE_HEAD, title_justify="left")
    for heading in ("stages x variants", "solver", "build", "solve", "median", "p99", "loads", "note"):
        shown.add_column(heading, justify="left" if heading in ("solver", "note") else "right", overflow="fold")
    for row in rows:
        times = (row.build_median_ms, row.solve_median_ms, row.total_median_ms, row.total_p99_ms)
        size = f"{row.stages}x{row.variants}"
        shown.add_row(size, row.solver, *map(_milliseconds, times), str(row.loads), row.note)
    return shown


FILES = {
    "solvers.csv": "a row per size and solver: times to build and to solve",
    "solvers.json": "the same, with the machine and the settings",
    "solvers.png": "times over the sizes",
}


def write(folder: Path, settings: Settings, rows: Sequence[Row]) -> None:
    """Write `solvers.csv`, `solvers.json` and `solvers.png` into the folder, each atomically, and a README."""
    text = StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    write_atomically(folder / "solvers.csv", text.getvalue().encode())
    facts = {"machine": asdict(this_machine()), "settings": asdict(settings), "rows": [asdict(row) for row in rows]}
    write_atomically(folder / "solvers.json", (json.dumps(facts, indent=2) + "\n").encode())
    write_atomically(folder / "solvers.png", picture(rows))
    write_readme(folder, "Decision times of solvers", {"loads of each size": str(settings.loads)}, FILES)


def picture(rows: Sequence[Row]) -> bytes:
    """Median and p99 of each solver by size, on a logarithmic scale, as PNG."""
    return picture_bytes(solver_figure(pd.DataFrame([asdict(row) for row in rows])), ".png")


def _milliseconds(value: float) -> str:
    return "" if isnan(value) else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
