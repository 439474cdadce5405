"""`ipagym table`: the summary of a comparison for a paper, a page or a spreadsheet."""

from pathlib import Path
from typing import Annotated

import typer

from ipagym.system.errors import InputError


def table(
    folder: Annotated[Path, typer.Argument(help="The folder of a comparison.")],
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX, for booktabs.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="In Markdown.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, in full precision.")] = False,
    out: Annotated[Path | None, typer.Option(help="File for the table, instead of the screen.")] = None,
) -> None:
    """Print the means over seeds with their 95 % intervals; violations, cores and accuracy come first."""
    wanted = [form for form, is_wanted in (("latex", latex), ("markdown", markdown), ("csv", csv)) if is_wanted]
    if len(wanted) != 1:
        raise InputError("a table has one form: give one of --latex, --markdown and --csv")
    from ipagym.bench.comparison.results import load_results
    from ipagym.bench.report.tables import table_text
    from ipagym.system.files import write_atomically

    text = table_text(load_results(folder), wanted[0])
    if out is None:
        print(text, end="")
    else:
        write_atomically(out, text.encode())
        print(f"written to {out}")
