"""`ipagym validate-live`: how well the simulator predicts a live cluster."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

PARTS = {
    "latency, and the growth of service times (drift)": ("mean", "p50", "p95", "p99", "drift"),
    "served requests, and cores": ("violations", "throughput", "accuracy", "cores"),
}
"""Errors by table; each table fits a terminal."""

FILES = {
    "runs.csv": "a row per run: figures live and simulated, and their differences",
    "calibration.json": "service times in the calibration run, relative to the profile",
}
"""The files that `validate-live` writes, for its README."""


def validate_live(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    backend: Annotated[str, typer.Option(help="Live backend: local or rehearsal.")] = "local",
    utilisation: Annotated[str, typer.Option(help="For the busiest stage, comma-separated.")] = "0.3,0.4,0.5,0.6,0.8",
    runs: Annotated[int, typer.Option(min=1, help="Number of runs of each trial, on seeds from 0 on.")] = 5,
    duration: Annotated[int, typer.Option(min=4, help="Duration of each run in seconds.")] = 30,
    with_changes: Annotated[
        bool, typer.Option("--changes/--no-changes", help="Include trials that change a knob at half time.")
    ] = True,
    out: Annotated[Path, typer.Option(help="Folder for the errors of each run.")] = Path("results/validate-live"),
) -> None:
    """Run the same arrivals on a live cluster and on the simulator, which is calibrated by an earlier run at half load.

    Signed errors are printed: medians over runs, with 95 % half widths of means. Runs take real time; existing runs in
    the folder are reused.
    """
    from ipagym.bench.live_validation.trial import changes, steady
    from ipagym.bench.live_validation.validate import Plan, calibrated_on, validate
    from ipagym.bench.storage.readme import write_readme
    from ipagym.cluster.backends import check_able, logging_maker
    from ipagym.envs.scenarios import make_scenario
    from ipagym.system.files import make_folder
    from ipagym.system.progress import counted

    task, shares = make_scenario(scenario), _shares(utilisation)
    check_able(task, backend)
    make_live = logging_maker(backend)
    make_folder(out)
    told = {"scenario": task.pipeline.name, "backend": backend, "runs": f"{runs} of {duration} s for each trial"}
    write_readme(out, "The simulator beside a live cluster", told, FILES)
    print(f"calibrating: a run of {duration} s at half load", flush=True)
    pipeline = calibrated_on(task, make_live, duration, out / "calibration.json")
    trials = steady(pipeline, shares, duration)
    if with_changes:
        trials += changes(pipeline, 0.5, duration)
    with counted("runs") as tick:
        plan = Plan(trials=trials, seeds=range(runs))
        rows = validate(task, make_live, plan, pipeline=pipeline, out=out / "runs.csv", tick=tick)
    _show(rows)


def _shares(text: str) -> list[float]:
    from ipagym.system.errors import InputError

    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError:
        shares = []
    if not shares or not all(0 < share < 1 for share in shares):
        raise InputError(f"--utilisation takes numbers between 0 and 1, comma-separated, not {text}")
    return shares


def _show(rows: "pd.DataFrame") -> None:
    from rich.table import Table

    from ipagym.bench.live_validation.errors import UNITS, summary
    from ipagym.cli.console import console

    found = summary(rows)
    for title, names in PARTS.items():
        table = Table(title=title)
        table.add_column("trial", no_wrap=True)
        for heading in ("runs", "use", *(f"{name}\n{UNITS[name]}" for name in names)):
            table.add_column(heading, justify="right")
        for row in found.to_dict("records"):
            cells = [_cell(row[name], row[f"{name} ±"]) for name in names]
            table.add_row(str(row["trial"]), str(row["runs"]), f"{row['utilisation']:.2f}", *cells)
        console().print(table)
    print("simulator minus live cluster: median over runs ± 95 % of the mean")
    print("use: utilisation of the busiest stage in the live run")


def _cell(median: float, half_width: float) -> str:
    if math.isnan(median):
        return "–"
    return f"{median:+.1f}" if math.isnan(half_width) else f"{median:+.1f} ±{half_width:.1f}"
