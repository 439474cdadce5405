"""`ipagym report`: the results in a folder as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[
        Path, typer.Argument(help="Folder that `ipagym compare` wrote, or a folder that contains several of them.")
    ],
    out: Annotated[Path | None, typer.Option(help="HTML file. Default: report.html in the folder.")] = None,
) -> None:
    """Write a report that works in a browser without a network: table, trade-off, timelines, latencies, differences."""
    from ipagym.bench.report.folders import read_tasks
    from ipagym.bench.report.page import page
    from ipagym.system.files import write_atomically

    written = out or folder / "report.html"
    content = page(folder.resolve().name, read_tasks(folder)).encode()
    write_atomically(written, content)
    print(f"written to {written} ({len(content) / 1e6:.1f} MB)")
