"""`ipagym bench-speed`: the speed of the simulator compared with other tools."""

from pathlib import Path
from typing import Annotated

import typer

from ipagym.system.files import make_folder


def bench_speed(
    repeats: Annotated[int, typer.Option(help="Rounds; the table shows medians over them.")] = 5,
    quick: Annotated[bool, typer.Option("--quick", help="Short measurements, to check that everything works.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("results/speed"),
) -> None:
    """Measure the speed of engines, environments, Ciw and a C event loop; print tables and write CSV and JSON."""
    from ipagym.bench.engine_speed import Settings, run
    from ipagym.cli.console import console, measured

    settings = Settings(repeats=repeats, quick=quick)
    make_folder(out)
    report = measured("speed", lambda progress: run(settings, progress))
    report.write(out)
    screen = console()
    screen.print(f"medians of {report.repeats} rounds on {report.machine.cores} cores of {report.machine.cpu}")
    for table in report.tables():
        screen.print(table)
    print(f"written to {out}")
