"""The findings, as tables and files."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby, zip_longest
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ipagym.bench.storage.readme import write_readme
from ipagym.system.files import write_atomically
from ipagym.verification.check import Check
from ipagym.verification.compare_theory import Row
from ipagym.verification.effects import Effect
from ipagym.verification.run import CIW, Report


def tables(report: Report) -> Iterator[Table]:
    """The tables that have rows."""
    if report.rows:
        yield _theory_table(report.rows)
    yield _law_table(report.checks)
    if report.effects:
        yield _effect_table(report.effects)


def failure_lines(report: Report) -> Iterator[str]:
    """A line for everything that does not hold."""
    for found in report.failures:
        if isinstance(found, Row):
            yield (
                f"{found.family}, {found.model}, {found.quantity}, {found.engine}: {found.mean:.6g}, exact "
                f"{found.exact:.6g}, off by {found.error_percent:+.2f} % ± {found.half_width_percent:.2f} %"
            )
        elif isinstance(found, Check):
            yield f"{found.law}, {found.where}: {found.failure or 'nothing was looked at'}"
        else:
            yield f"{found.where}, {found.change}, {found.engine}: served {found.served_rps}, time {found.time_s}"


def _theory_table(found: Sequence[Row]) -> Table:
    table = _table("Against queueing theory: means, their errors and 95 % confidence intervals", "model", "engine")
    for heading in ("exact", "ipagym", "error %", "CI ± %", "pass"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = sorted(found, key=lambda row: (row.family, row.model, row.quantity))
    for (family, model), of_model in groupby(rows, key=lambda row: (row.family, row.model)):
        table.add_row(f"{family}  {model}")
        for quantity, of_quantity in groupby(of_model, key=lambda row: row.quantity):
            for name, row in zip_longest([f"   {quantity}"], of_quantity, fillvalue=""):
                table.add_row(str(name), *_figures(row))
        table.add_section()
    return table


def _figures(row: Row | str) -> tuple[str, ...]:
    assert isinstance(row, Row), "every quantity was measured on an engine"
    return (
        row.engine,
        f"{row.exact:.6g}",
        f"{row.mean:.6g}",
        f"{row.error_percent:+.2f}",
        f"{row.half_width_percent:.2f}",
        "" if row.engine == CIW else _mark(row.passed),
    )


def _law_table(found: Sequence[Check]) -> Table:
    table = _table("Laws of every path", "law", "looked at")
    table.add_column("pass", justify="right")
    laws = list(dict.fromkeys(check.law for check in found))
    for law in laws:
        of_law = [check for check in found if check.law == law]
        cases = sum(check.cases for check in of_law)
        table.add_row(law, f"{cases} times", _mark(all(check.passed for check in of_law)))
    return table


def _effect_table(found: Sequence[Effect]) -> Table:
    table = _table("Effects of decisions under load: before → after", "change", "engine")
    for heading in ("served rps", "mean time s", "pass"):
        table.add_column(heading, justify="right", no_wrap=True)
    for where, there in groupby(sorted(found, key=lambda effect: effect.where), key=lambda effect: effect.where):
        table.add_row(where)
        for effect in there:
            table.add_row(
                f"   {effect.change}", effect.engine, _step(effect.served_rps), _step(effect.time_s),
                _mark(effect.passed),
            )  # fmt: skip
        table.add_section()
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _step(values: tuple[float, float]) -> str:
    return f"{values[0]:.4g} → {values[1]:.4g}"


def _mark(passed: bool) -> str:
    return "yes" if passed else "NO"


FILES = {
    "theory.csv": "exact and simulated values, errors and intervals",
    "laws.csv": "the laws of every path, and whether they held",
    "effects.csv": "the effects that decisions must have, and whether they had them",
}


def write(report: Report, folder: Path) -> None:
    """Write theory.csv, laws.csv, effects.csv and a README into a folder, each complete or not at all."""
    theory = [asdict(row) | {"error_percent": row.error_percent} for row in report.rows]
    laws = [asdict(check) | {"passed": check.passed} for check in report.checks]
    effects = [asdict(effect) | {"passed": effect.passed} for effect in report.effects]
    for name, found in (("theory", theory), ("laws", laws), ("effects", effects)):
        write_atomically(folder / f"{name}.csv", pd.DataFrame(found).to_csv(index=False).encode())
    write_readme(folder, "A verification of the engines", {}, FILES)
