"""`ipagym trace`: the statistics of a load, by name or from a file."""

from pathlib import Path
from typing import Annotated

import typer

from ipagym.system.errors import InputError


def trace(
    workload: Annotated[
        str, typer.Argument(help="Workload by name, or the path of a file (options follow as ?OPTION=VALUE).")
    ],
    out: Annotated[Path | None, typer.Option(help="File for a figure: .svg, .png or .pdf.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of random loads.")] = 0,
    trace: Annotated[Path | None, typer.Option(help="Trace file from which the workload is cut.")] = None,
) -> None:
    """Read or generate a load; print its statistics and draw it."""
    from ipagym.bench.drawing.files import check_ending, picture_bytes
    from ipagym.bench.load_figure import load_figure
    from ipagym.cli.console import tell_source
    from ipagym.random.streams import Streams
    from ipagym.system.files import make_folder, write_atomically
    from ipagym.workload import by_name
    from ipagym.workload.origin import origin_of, source_of
    from ipagym.workload.rates import checked_rates
    from ipagym.workload.statistics import description

    if seed < 0:
        raise InputError(f"--seed must be 0 or more, not {seed}")
    if out is not None:
        check_ending(out.suffix)
        make_folder(out.parent)
    load = by_name(workload, trace)
    rates = checked_rates(load, Streams.spawn(seed).load)
    tell_source(load)
    if (source := source_of(load)) is None:
        print(f"load: {load.name}, {origin_of(load)}")
    else:
        print(f"sha256: {source.sha256}")
    for name, value in description(rates).items():
        print(f"{name:28} {value:.10g}" if value == round(value) else f"{name:28} {value:.4g}")
    if out is not None:
        write_atomically(out, picture_bytes(load_figure(rates, load.name), out.suffix))
        print(f"written to {out}")
