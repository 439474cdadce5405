"""`ipagym bench-solver`: the time of a decision by solver and size of the pipeline."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ipagym.system.files import make_folder


def bench_solver(
    sizes: Annotated[str, typer.Option(help="Sizes of pipelines as STAGESxVARIANTS, comma-separated.")] = (
        "2x5,5x5,9x9,10x10,20x10,50x20"
    ),
    loads: Annotated[int, typer.Option(help="Random loads for each size.")] = 100,
    accuracy: Annotated[
        Literal["product", "sum"],
        typer.Option(help="How stage accuracies combine to the pipeline's; product is harder to solve."),
    ] = "sum",
    time_limit: Annotated[
        float, typer.Option(help="Time limit in seconds for one load; a slower solver is not run again.")
    ] = 20.0,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("results/solvers"),
) -> None:
    """Measure the solvers of IPA's problem; print a table and write CSV, JSON and a figure."""
    from ipagym.bench.solver_speed import Settings, parse_sizes, run
    from ipagym.bench.solver_speed.report import table, write
    from ipagym.cli.console import console, measured

    settings = Settings(sizes=parse_sizes(sizes), loads=loads, accuracy=accuracy, time_limit_s=time_limit)
    make_folder(out)
    rows = measured("solvers", lambda progress: run(settings, progress))
    write(out, settings, rows)
    console().print(table(rows))
    print(f"written to {out}")
