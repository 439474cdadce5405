"""`ipagym load`: a load test of a running server."""

import asyncio
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from ipagym.bench.load_test.target import Target

FILES = {
    "windows.csv": "a row per window: requests, latencies in seconds, with the columns of a comparison's windows",
    "requests.parquet": "a row per request: when it was due, sent and answered, in seconds",
}
"""The files that `load` writes, for its README."""


def load(
    url: Annotated[str, typer.Argument(help="Address of the server.")],
    workload: Annotated[str, typer.Option(help="Load by name or the path of a file.")] = "constant:10:60",
    duration: Annotated[int | None, typer.Option(help="Use only this many seconds of the workload.")] = None,
    arrivals: Annotated[str, typer.Option(help="Arrivals: poisson, uniform or gamma:CV.")] = "poisson",
    seed: Annotated[int, typer.Option(help="Seed of the load.")] = 0,
    protocol: Annotated[
        str,
        typer.Option(help="http: success is a status below 400. v2: Open Inference Protocol, with outputs."),
    ] = "http",
    body: Annotated[Path | None, typer.Option(help="File to send by POST. Default: GET requests.")] = None,
    slo: Annotated[float, typer.Option(help="Latency objective in seconds.")] = 1.0,
    timeout: Annotated[float, typer.Option(help="Seconds until a request fails.")] = 10.0,
    interval: Annotated[float, typer.Option(help="Length of a window of the report in seconds.")] = 10.0,
    out: Annotated[Path, typer.Option(help="Folder for windows.csv and requests.parquet.")] = Path("results/load"),
) -> None:
    """Send requests at the times of a workload, independently of the answers (open loop), and report latencies.

    Latency counts from the time at which a request was due. Ctrl-C ends the load; the requests sent until then are
    reported. Example: ipagym load http://127.0.0.1:8000/v2/models/m/infer --protocol v2 --body request.json --workload
    bursty
    """
    from ipagym.bench.load_test.sender import frame, sent, times_of
    from ipagym.bench.load_test.summary import whole, windows
    from ipagym.bench.storage.readme import write_readme
    from ipagym.cli.stopping import stopping
    from ipagym.system.files import make_folder, write_atomically
    from ipagym.workload import by_name
    from ipagym.workload.opening import Opening

    target = _target(url, body, protocol)
    _check_positive(slo=slo, timeout=timeout, interval=interval)
    chosen = by_name(workload)
    times_s = times_of(chosen if duration is None else Opening(whole=chosen, duration_s=duration), seed, arrivals)
    make_folder(out)
    with stopping() as stopped:
        requests = frame(asyncio.run(sent(target, times_s, timeout_s=timeout, is_over=lambda: bool(stopped))))
    if requests.empty:
        print("no request was due")
        return
    by_window = windows(requests, interval_s=interval, slo_s=slo)
    write_atomically(out / "windows.csv", by_window.to_csv(index=False).encode())
    packed = io.BytesIO()
    requests.to_parquet(packed, index=False)
    write_atomically(out / "requests.parquet", packed.getvalue())
    told = {"server": url, "load": chosen.name, "arrivals": arrivals, "seed": str(seed), "SLO": f"{slo:g} s"}
    write_readme(out, "A load on a server", told, FILES)
    _show(by_window, whole(requests, slo_s=slo), f"{url} under {chosen.name}")
    print(f"written to {out}")


def _target(url: str, body: Path | None, protocol: str) -> "Target":
    from ipagym.bench.load_test.target import Target
    from ipagym.system.errors import InputError, unknown_name

    if protocol not in ("http", "v2"):
        raise unknown_name("protocol", protocol, ("http", "v2"))
    try:
        content = None if body is None else body.read_bytes()
    except OSError as error:
        raise InputError(f"{body} cannot be read ({error.strerror}): choose another --body") from None
    return Target(url=url, body=content, protocol="v2" if protocol == "v2" else "http")


def _check_positive(**given: float) -> None:
    from ipagym.system.errors import InputError

    for name, value in given.items():
        if not 0 < value < float("inf"):
            raise InputError(f"--{name} must be above 0 seconds, not {value:g}")


def _show(by_window: "pd.DataFrame", total: dict[str, float], title: str) -> None:
    from rich.table import Table

    from ipagym.cli.console import console

    table = Table(title=title)
    columns = {
        "arrivals": "sent", "completed": "answered", "dropped": "failed", "violations": "late or failed",
        "latency_p50_s": "p50 s", "latency_p95_s": "p95 s", "latency_p99_s": "p99 s",
    }  # fmt: skip
    table.add_column("from s", justify="right")
    for heading in columns.values():
        table.add_column(heading, justify="right")
    for start_s, (_, row) in zip(by_window["start_s"], by_window.iterrows(), strict=True):
        table.add_row(f"{start_s:g}", *_cells(row, columns))
    table.add_row("all", *_cells(total, columns))
    screen = console()
    screen.print(table)
    late_ms = 1000 * total["lateness_p99_s"]
    screen.print(f"mean latency {total['latency_mean_s']:.4f} s; requests were sent within {late_ms:.1f} ms (p99)")


def _cells(row: "Mapping[str, float] | pd.Series", columns: "Iterable[str]") -> list[str]:
    return [f"{row[name]:.4f}" if name.endswith("_s") else f"{row[name]:.0f}" for name in columns]
