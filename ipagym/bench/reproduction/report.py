"""Tables of published and simulated figures."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.table import Table

from ipagym.bench.reproduction.ipa_episodes import Compared, Predicted


def run_table(rows: Sequence[Compared]) -> Table:
    """A line for each run; those that are not near are marked."""
    table = _table("IPA's runs: mean cores, and PAS × 100", 3, [
        "pipeline", "load", "method", "cores, published", "ours", "difference", "PAS, published", "ours", "difference",
        "",
    ])  # fmt: skip
    for row in rows:
        table.add_row(
            row.pipeline,
            row.load,
            row.method,
            f"{row.published_cores:.2f}",
            f"{row.cores:.2f}",
            f"{row.cores_percent:+.1f} %",
            f"{row.published_pas:.2f}",
            f"{row.pas:.2f}",
            f"{row.pas - row.published_pas:+.2f}",
            "" if row.is_near else "differs",
        )
    return table


def predictor_table(rows: Sequence[Predicted]) -> Table:
    """A line for each pipeline and predictor."""
    table = _table("IPA's predictors, bursty load, tight SLO: percent of the requests", 2, [
        "pipeline", "predictor", "failed, published", "dropped, ours", "SLO violated, ours", "cores",
    ])  # fmt: skip
    for row in rows:
        table.add_row(
            row.pipeline,
            row.predictor,
            f"{row.published_failed_percent:.2f}",
            f"{row.dropped_percent:.2f}",
            f"{row.violated_percent:.2f}",
            f"{row.cores:.2f}",
        )
    return table


def csv_text(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows with the same keys as CSV."""
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _table(title: str, names: int, headings: Sequence[str]) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number < names else "right")
    return table
