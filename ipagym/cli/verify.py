"""`ipagym verify`: checks of the simulator's correctness."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.system.errors import InputError, unknown_name
from ipagym.system.files import make_folder

if TYPE_CHECKING:
    from ipagym.verification.effort import Effort

LONGEST = 1000.0


def verify(
    fast: Annotated[bool, typer.Option("--fast", help="Fewer checks: under a minute instead of several.")] = False,
    engine: Annotated[str, typer.Option(help="Engine: compiled, simpy, or both.")] = "both",
    scenario: Annotated[Path | None, typer.Option(help="Your own scenario (YAML) to check, instead of theory.")] = None,
    length: Annotated[float, typer.Option(help="Factor on the length of the runs against theory.")] = 1.0,
    seed0: Annotated[int, typer.Option(help="First seed.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the tables as CSV files.")] = None,
    workers: Annotated[int | None, typer.Option(help="Number of processes; results do not depend on it.")] = None,
) -> None:
    """Check the engines against queueing theory, the laws of every path, and the effects that decisions must have.

    Print exact value, simulated value, error and 95 % confidence interval. Exit code 1 if a check fails. For a long or
    large scenario only a part is checked, the same each time; the output says which.

    With another first seed, one mean in a few hundred is more than three standard errors off by chance.
    """
    if seed0 < 0:
        raise InputError(f"--seed0 must be 0 or more, not {seed0}")
    if not 0 < length <= LONGEST:
        raise InputError(f"--length must be above 0 and at most {LONGEST:g}, not {length}")
    if workers is not None and workers < 1:
        raise InputError(f"--workers must be at least 1, not {workers}")
    if out is not None:
        make_folder(out)
    from ipagym.cli.console import console
    from ipagym.cluster.sim import ENGINES
    from ipagym.envs.scenario_file import load_scenario
    from ipagym.system.progress import progress_bar
    from ipagym.verification.report import failure_lines, tables, write
    from ipagym.verification.run import verify as run

    if engine not in ENGINES and engine != "both":
        raise unknown_name("engine", engine, [*ENGINES, "both"])
    chosen = load_scenario(scenario) if scenario else None
    engines = ENGINES if engine == "both" else {engine: ENGINES[engine]}
    with progress_bar() as progress:
        task = progress.add_task("verify", total=None)
        report = run(
            engines,
            _effort(fast, length),
            scenario=chosen,
            seed0=seed0,
            workers=1 if fast else workers or os.cpu_count() or 1,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    screen = console()
    for table in tables(report):
        screen.print(table)
    if out is not None:
        write(report, out)
    for left in report.left_out:
        screen.print(f"looked at: {left}")
    for line in failure_lines(report):
        screen.print(f"does not hold: {line}")
    if report.failures:
        raise typer.Exit(1)
    print("everything holds")


def _effort(fast: bool, length: float) -> "Effort":
    from dataclasses import replace

    from ipagym.verification.effort import FAST, FULL

    base = FAST if fast else FULL
    return replace(base, share=base.share * length)
