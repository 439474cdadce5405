"""What commands print for programs: JSON or CSV on standard output and nothing else, in the order that is asked for."""

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ipagym.system.errors import InputError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

Form = Literal["table", "json", "csv"]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, and nothing else, on standard output.")]


def form_of(*, as_json: bool, as_csv: bool) -> Form:
    """The form of the output.

    Raises:
        InputError: both are asked for.
    """
    if as_json and as_csv:
        raise InputError("the output has one form: give --json or --csv, not both")
    return "json" if as_json else "csv" if as_csv else "table"


def check_column(text: str | None, columns: Iterable[str]) -> None:
    """Refuse to sort by what is no column; a minus before it turns the order round.

    Raises:
        InputError: it is none.
    """
    known = list(columns)
    if text is not None and text.removeprefix("-") not in known:
        raise unknown_name("--sort column", text, known)


def ordered(frame: "pd.DataFrame", by: str | None) -> "pd.DataFrame":
    """The rows by a column, rising, or falling behind a minus; equal ones stay as they are, empty ones come last."""
    if by is None:
        return frame
    return frame.sort_values(by.removeprefix("-"), ascending=not by.startswith("-"), kind="stable")


def csv_of(frame: "pd.DataFrame") -> str:
    """The frame as CSV."""
    return str(frame.to_csv(index=False))


def json_of(frame: "pd.DataFrame", **told: object) -> str:
    """The rows as JSON objects, below `rows` where there is more to tell; what is no number is null."""
    plain = frame.astype(object)
    rows = plain.where(frame.notna(), None).to_dict("records")
    return json.dumps({**told, "rows": rows} if told else rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write(text: str) -> None:
    """Print the text as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()
