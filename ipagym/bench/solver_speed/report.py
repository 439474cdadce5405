"""The results of the solver benchmark: a table, a picture like the IPA paper's of its scalability, and files."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from io import BytesIO, StringIO
from math import isnan
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from ipagym.bench.engine_speed.report import this_machine
from ipagym.bench.solver_speed import Row, Settings
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


def write(folder: Path, settings: Settings, rows: Sequence[Row]) -> None:
    """Write `solvers.csv`, `solvers.json` and `solvers.png` into the folder, each atomically."""
    text = StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    write_atomically(folder / "solvers.csv", text.getvalue().encode())
    facts = {"machine": asdict(this_machine()), "settings": asdict(settings), "rows": [asdict(row) for row in rows]}
    write_atomically(folder / "solvers.json", (json.dumps(facts, indent=2) + "\n").encode())
    write_atomically(folder / "solvers.png", picture(rows))


def picture(rows: Sequence[Row]) -> bytes:
    """Median and p99 of each solver by size, on a logarithmic scale, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sizes = list(dict.fromkeys(f"{row.stages}×{row.variants}" for row in rows))
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for name in dict.fromkeys(row.solver for row in rows):
        known = [row for row in rows if row.solver == name and row.loads]
        at = [sizes.index(f"{row.stages}×{row.variants}") for row in known]
        (line,) = axes.plot(at, [row.total_median_ms for row in known], marker="o", label=name)
        axes.fill_between(
            at,
            [row.total_median_ms for row in known],
            [row.total_p99_ms for row in known],
            color=line.get_color(),
            alpha=0.15,
            linewidth=0,
        )
    if any(row.loads for row in rows):
        axes.set_yscale("log")
    axes.set_xticks(range(len(sizes)), sizes)
    axes.set_xlabel("stages × variants, four batch sizes each")
    axes.set_ylabel("ms per decision, median to p99")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False)
    file = BytesIO()
    figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
    return file.getvalue()


def _milliseconds(value: float) -> str:
    return "" if isnan(value) else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
