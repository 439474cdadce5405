"""`ipagym forecast`: a comparison of forecasters on loads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.system.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ipagym.workload import Workload

PAPER_LOADS = "bursty,steady-low,steady-high,fluctuating"

FILES = {
    "scores.csv": "a row per load and forecaster: SMAPE, pinball loss, share of forecasts that were too low",
    "forecasts.png": "loads and forecasts over time",
}


def forecast(
    workloads: Annotated[str, typer.Argument(help="Comma-separated loads.")] = PAPER_LOADS,
    forecasters: Annotated[str | None, typer.Option(help="Comma-separated forecasters. Default: all.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Trace file from which the workloads are cut.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of random loads.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for scores.csv and forecasts.png.")] = Path("results/forecasts"),
) -> None:
    """Score forecasters by SMAPE, pinball loss and the share of forecasts that were too low; print a table, draw a
    figure.
    """
    from ipagym.bench.comparison.timeline import png_bytes
    from ipagym.bench.forecast_report import figure, scores_frame, scores_table
    from ipagym.bench.storage.readme import write_readme
    from ipagym.cli.console import console
    from ipagym.forecast.catalogue import FORECASTERS, make_forecaster
    from ipagym.forecast.evaluation import walk_all
    from ipagym.system.files import write_atomically
    from ipagym.workload.origin import origin_of

    names = _names(forecasters or ",".join(FORECASTERS), "forecasters")
    made = {name: make_forecaster(name) for name in names}
    chosen = _chosen(_names(workloads, "workloads"), trace)
    loads = {name: _counts(load, seed) for name, load in chosen.items()}
    courses = {name: walk_all(made, counts) for name, counts in loads.items()}
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "scores.csv", scores_frame(courses).to_csv(index=False).encode())
    write_atomically(out / "forecasts.png", png_bytes(figure(courses)))
    told = {f"load {name}": origin_of(load) for name, load in chosen.items()} | {"seed": str(seed)}
    write_readme(out, "Forecasters, scored", told, FILES)
    console().print(scores_table(courses))
    for name, load in chosen.items():
        print(f"load {name}: {origin_of(load)}")
    print(f"written to {out}")


def _names(text: str, what: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise InputError(f"{what} must be names separated by commas")
    return names


def _chosen(names: list[str], trace: Path | None) -> "dict[str, Workload]":
    """The loads. A trace file is used for the loads that are cut from a trace; at least one must be."""
    from ipagym import workload
    from ipagym.workload.catalogue import takes_trace

    if trace is not None and not any(map(takes_trace, names)):
        raise workload.unused_trace(", ".join(names))
    return {name: workload.by_name(name, trace if takes_trace(name) else None) for name in names}


def _counts(load: "Workload", seed: int) -> "NDArray[np.int64]":
    """Requests in each second: the rounded rates of the load."""
    from ipagym.random.streams import Streams

    return load.rates_rps(Streams.spawn(seed).load).round().astype("int64")
