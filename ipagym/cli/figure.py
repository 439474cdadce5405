"""`ipagym figure`: figures for a paper from folders of results."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ipagym.system.errors import InputError


def figure(
    name: Annotated[str | None, typer.Argument(help="Name of a figure; see --list.")] = None,
    runs: Annotated[
        list[str] | None, typer.Argument(help="Folders of results; --list says what each figure needs.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Output file: .pdf, .png or .svg; without a suffix, both PDF and PNG. Default: the name."),
    ] = None,
    column: Annotated[
        Literal["single", "double"], typer.Option(help="One column wide (3.33 inches), or two (7 inches).")
    ] = "single",
    agents: Annotated[
        str | None,
        typer.Option(help="Agents to draw, comma-separated, in this order; differences are from the first."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the figures and exit.")] = False,
) -> None:
    """Draw a figure in the style of a paper; the same results give the same bytes."""
    from ipagym.bench.figures.catalogue import FIGURES, draw

    if list_:
        for each, entry in FIGURES.items():
            print(f"{each:12} {entry.description}; from {entry.runs}")
        return
    if name is None or not runs:
        raise InputError("give the name of a figure and its folders of results: `ipagym figure --list` has both")
    from ipagym.agents.spec import split_specs
    from ipagym.bench.drawing.files import paths_of, write_figure
    from ipagym.bench.drawing.style import WIDTHS
    from ipagym.bench.figures.asked import Asked

    paths = paths_of(out or Path(name))
    chosen = () if agents is None else tuple(map(str, split_specs(agents)))
    write_figure(draw(name, Asked(runs=runs, width=WIDTHS[column], agents=chosen)), paths)
    print(f"written to {', '.join(map(str, paths))}")
