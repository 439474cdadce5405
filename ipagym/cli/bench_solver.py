"""`ipagym bench-solver`: how long a decision takes, by solver and size of the pipeline."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ipagym.system.files import make_folder


def bench_solver(
    sizes: Annotated[str, typer.Option(help="Stages x variants, separated by commas.")] = (
        "2x5,5x5,9x9,10x10,20x10,50x20"
    ),
    loads: Annotated[int, typer.Option(help="Random loads for each size.")] = 100,
    accuracy: Annotated[
        Literal["product", "sum"],
        typer.Option(help="How stage accuracies make that of the pipeline; a product is harder."),
    ] = "sum",
    time_limit: Annotated[
        float, typer.Option(help="Seconds for one load; a solver that takes longer is not asked again.")
    ] = 20.0,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("results/solvers"),
) -> None:
    """Measure the solvers of IPA's problem side by side; print a table and write CSV, JSON and a picture."""
    from ipagym.bench.solver_speed import Settings, parse_sizes, run
    from ipagym.bench.solver_speed.report import table, write
    from ipagym.cli.console import console, measured

    settings = Settings(sizes=parse_sizes(sizes), loads=loads, accuracy=accuracy, time_limit_s=time_limit)
    make_folder(out)
    rows = measured("solvers", lambda progress: run(settings, progress))
    write(out, settings, rows)
    console().print(table(rows))
    print(f"written to {out}")
