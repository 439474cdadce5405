"""`ipagym front`: the Pareto front of agents under several weights of the objective."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.system.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from ipagym.bench.front.points import Points
    from ipagym.bench.front.volume import Box


ENDINGS = (".pdf", ".png")

DPI = 200
"""Resolution of a PNG."""


def front(
    folder: Annotated[
        Path, typer.Argument(help="Folder with one comparison for each weight, with the same agents and seeds.")
    ],
    reference: Annotated[
        str | None,
        typer.Option(
            help="Reference point: PAS %, cores and violations %, such as 20,12,5. Default: just beyond the worst "
            "points."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File for a figure, .pdf or .png.")] = None,
) -> None:
    """Print the Pareto front over accuracy, cores and violations, and the hypervolume of each agent."""
    check_installed()
    from ipagym.bench.front.points import points_of
    from ipagym.bench.front.volume import box_of
    from ipagym.bench.report.folders import read_tasks

    points = points_of({name: found.episodes for name, found in read_tasks(folder).items()})
    show(points, box_of(points, None if reference is None else _numbers(reference)))
    if out is not None:
        write_pictures(points, out)


def check_installed() -> None:
    """Refuse if the package that computes hypervolumes is not installed."""
    if find_spec("moocore") is None:
        raise InputError("hypervolumes need moocore: `pip install 'ipagym[front]'`")


def show(points: "Points", box: "Box") -> None:
    """Print the tables."""
    from ipagym.bench.front.tables import box_line, front_frame, volume_frame
    from ipagym.cli.console import console

    screen = console()
    screen.print(_front_table(front_frame(points)))
    screen.print(_volume_table(volume_frame(points, box)))
    print(f"hypervolume: {box_line(box)}")


def write_pictures(points: "Points", *paths: Path) -> None:
    """Draw the fronts into files, in the formats of their suffixes."""
    from ipagym.bench.drawing.files import write_figure
    from ipagym.bench.front.picture import draw
    from ipagym.bench.front.tables import front_frame

    for path in paths:
        if path.suffix not in ENDINGS:
            raise InputError(f"--out must end in {' or '.join(ENDINGS)}, not in {path.suffix!r}")
    write_figure(draw(front_frame(points)), list(paths), DPI)
    for path in paths:
        print(f"written to {path}")


def _front_table(frame: "pd.DataFrame") -> object:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ipagym.bench.front.points import AXES

    table = Table(box=SIMPLE_HEAD, caption="* Pareto front of all agents over PAS, cores and violations")
    for heading in ("weights", "agent", *(axis.heading for axis in AXES)):
        table.add_column(heading)
    for _, row in frame.iterrows():
        cells = (_estimate(row[axis.key], row[f"{axis.key}_ci95"]) for axis in AXES)
        table.add_row(str(row["weights"]), f"{row['agent']}{' *' if row['front'] else ''}", *cells)
    return table


def _estimate(value: float, half: float | None) -> str:
    import pandas as pd

    return f"{value:.2f}" if half is None or pd.isna(half) else f"{value:.2f} ±{half:.2f}"


def _volume_table(frame: "pd.DataFrame") -> object:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ipagym.bench.front.tables import interval_text

    table = Table(box=SIMPLE_HEAD)
    for heading in ("agent", "hypervolume (95 %)", f"less that of {frame['agent'].iloc[0]} (95 %)"):
        table.add_column(heading)
    for _, row in frame.iterrows():
        table.add_row(str(row["agent"]), interval_text(row, "hypervolume"), interval_text(row, "less_first"))
    return table


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--reference {text}: give three numbers between commas, as in 20,12,5") from None
