"""`ipagym report`: the results of a folder as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[
        Path, typer.Argument(help="A folder that `ipagym compare` wrote with --out, or one that holds several of them.")
    ],
    out: Annotated[Path | None, typer.Option(help="The HTML file; by default report.html in the folder.")] = None,
) -> None:
    """Write a report that a browser opens without a network: table, trade-off, timelines, latencies, differences."""
    from ipagym.bench.report.folders import read_tasks
    from ipagym.bench.report.page import page
    from ipagym.system.files import write_atomically

    written = out or folder / "report.html"
    content = page(folder.resolve().name, read_tasks(folder)).encode()
    write_atomically(written, content)
    print(f"written to {written} ({len(content) / 1e6:.1f} MB)")
