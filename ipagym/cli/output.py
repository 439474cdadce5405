"""Output of commands for programs: only JSON or CSV on standard output, in the requested order."""

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ipagym.system.errors import InputError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

Form = Literal["table", "json", "csv"]

AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print only CSV on standard output.")]


def form_of(*, as_json: bool, as_csv: bool) -> Form:
    """The form of the output.

    Raises:
        InputError: both are requested.
    """
    if as_json and as_csv:
        raise InputError("the output has one form: give --json or --csv, not both")
    return "json" if as_json else "csv" if as_csv else "table"


def check_column(text: str | None, columns: Iterable[str]) -> None:
    """Refuse to sort by an unknown column; a leading minus sign means descending order.

    Raises:
        InputError: the column is unknown.
    """
    known = list(columns)
    if text is not None and text.removeprefix("-") not in known:
        raise unknown_name("--sort column", text, known)


def ordered(frame: "pd.DataFrame", by: str | None) -> "pd.DataFrame":
    """The rows sorted by a column, ascending, or descending with a leading minus sign. The sort is stable; empty values
    are last.
    """
    if by is None:
        return frame
    return frame.sort_values(by.removeprefix("-"), ascending=not by.startswith("-"), kind="stable")


def csv_of(frame: "pd.DataFrame") -> str:
    """The frame as CSV."""
    return str(frame.to_csv(index=False))


def json_of(frame: "pd.DataFrame", **told: object) -> str:
    """The rows as JSON objects, under the key `rows` if there are other entries; NaN becomes null."""
    plain = frame.astype(object)
    rows = plain.where(frame.notna(), None).to_dict("records")
    return json.dumps({**told, "rows": rows} if told else rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write(text: str) -> None:
    """Print the text as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()
