"""`ipagym sweep`: one comparison for each combination of values of a scenario's settings."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.cli.compare import MAX_SEEDS
from ipagym.system.errors import InputError

if TYPE_CHECKING:
    from ipagym.bench.sweep.grid import Value

SHORT = {"alpha": "objective.alpha", "beta": "objective.beta", "slo-s": "slo_s", "interval-s": "interval_s"}
"""Options that are short names of settings."""


def sweep(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    out: Annotated[Path, typer.Option(help="Folder for the results, with a subfolder for each combination of values.")],
    alpha: Annotated[str | None, typer.Option(help="Weights of accuracy (objective.alpha), such as 1,2,8.")] = None,
    beta: Annotated[str | None, typer.Option(help="Weights of cost (objective.beta).")] = None,
    slo_s: Annotated[str | None, typer.Option(help="SLOs in seconds.")] = None,
    interval_s: Annotated[str | None, typer.Option(help="Adaptation intervals in seconds.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Any setting of a scenario file, such as objective.violation=0,1 or limits.max_cores=8,16."
        ),
    ] = None,
    workload: Annotated[
        str | None, typer.Option(help="Load by name or the path of a file, instead of the scenario's.")
    ] = None,
    agents: Annotated[
        str | None, typer.Option(help="Comma-separated agents. Default: the reference, hpa and simple ones.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Number of seeds.", min=1, max=MAX_SEEDS)] = 3,
    seed0: Annotated[int, typer.Option(help="First seed.", min=0)] = 0,
    trace: Annotated[Path | None, typer.Option(help="Trace file from which the workload is cut.")] = None,
    duration: Annotated[int | None, typer.Option(help="Use only this many seconds of the workload.")] = None,
    workers: Annotated[int | None, typer.Option(help="Number of processes; results do not depend on it.")] = None,
) -> None:
    """Compare agents for every combination of values, on the same seeds, and print one table for all.

    Existing results in the folder are reused. Exit code 1 if an agent failed in any comparison.
    """
    given = {"alpha": alpha, "beta": beta, "slo-s": slo_s, "interval-s": interval_s}
    settings = _settings({SHORT[name]: text for name, text in given.items() if text is not None}, set_ or ())
    from ipagym.api import sweep as run
    from ipagym.bench.sweep.grid import label
    from ipagym.bench.sweep.table import sweep_table
    from ipagym.cli.console import console

    found = run(
        scenario,
        agents,
        settings=settings,
        out=out,
        workload=workload,
        trace=trace,
        duration_s=duration,
        seeds=seeds,
        seed0=seed0,
        workers=workers if workers is not None else os.cpu_count() or 1,
    )
    screen = console()
    screen.print(sweep_table(found))
    failures = [
        f"failed: {label(point)}: {name}: {reason}"
        for point, comparison in zip(found.points, found.comparisons, strict=True)
        for name, reason in comparison.manifest.failed.items()
    ]
    for line in failures:
        screen.print(line, markup=False, highlight=False, soft_wrap=True)
    print(f"written to {out}")
    if failures:
        raise typer.Exit(1)


def _settings(short: dict[str, str], texts: Sequence[str]) -> "dict[str, list[Value]]":
    """The values of each setting, in the given order."""
    from ipagym.bench.sweep.grid import parse_setting, parse_values

    found = {name: parse_values(name, text) for name, text in short.items()}
    for name, values in map(parse_setting, texts):
        if name in found:
            raise InputError(f"{name} is given twice: give all its values at once")
        found[name] = values
    return found
