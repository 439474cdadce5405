"""The results of the speed benchmark: a table for each unit, and files."""

import csv
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from io import StringIO
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

import ipagym
from ipagym.bench.engine_speed.measure import Row
from ipagym.bench.storage.readme import write_readme
from ipagym.system.files import write_atomically
from ipagym.system.machine import package_version, processor

PACKAGES = ("numba", "numpy", "simpy", "gymnasium", "ciw")
FILES = {"speed.csv": "a row per measurement", "speed.json": "the same, with the machine and the versions"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """The machine that was measured on; `cores` are those that the process may use."""

    cores: int
    cpu: str
    platform: str
    python: str
    ipagym: str
    packages: dict[str, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The measurements and their machine; medians over `repeats` rounds."""

    machine: Machine
    repeats: int
    quick: bool
    rows: tuple[Row, ...]

    def write(self, folder: Path) -> None:
        """Write `speed.csv` and `speed.json` into `folder`, each atomically, and a README that names them."""
        write_atomically(folder / "speed.csv", _csv(self.rows).encode())
        write_atomically(folder / "speed.json", (json.dumps(asdict(self), indent=2) + "\n").encode())
        write_readme(folder, "Speed of engines and environments", {"rounds": str(self.repeats)}, FILES)

    def tables(self) -> list[Table]:
        """One table for each unit, in the order of the rows."""
        units = dict.fromkeys(row.unit for row in self.rows)
        return [_table(unit, [row for row in self.rows if row.unit == unit]) for unit in units]


def this_machine() -> Machine:
    """The facts that speed depends on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return Machine(
        cores=len(affinity(0)) if affinity else os.cpu_count() or 1,
        cpu=processor(),
        platform=platform.platform(),
        python=platform.python_version(),
        ipagym=ipagym.__version__,
        packages={name: package_version(name) for name in PACKAGES},
    )


def _csv(rows: Sequence[Row]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, rows))
    return text.getvalue()


def _table(unit: str, rows: Sequence[Row]) -> Table:
    """A block for each model and rate; only columns in which there is something."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=unit, title_justify="left")
    optional = {"per_core": "per core", "times_simpy": "× simpy", "times_rival": f"× {rows[0].rival}"}
    shown = [name for name in optional if any(getattr(row, name) is not None for row in rows)]
    table.add_column("", overflow="fold")
    for heading in (unit, "spread", *(optional[name] for name in shown)):
        table.add_column(heading, justify="right")
    subject = None
    for row in rows:
        if subject != (row.model, row.rate_rps):
            subject = (row.model, row.rate_rps)
            table.add_section()
            table.add_row(f"{row.model}, {row.rate_rps:g} rps", style="bold")
        figures = [_text(getattr(row, name)) for name in shown]
        table.add_row(f"  {row.contender}", _text(row.median) or row.note, _spread(row), *figures)
    return table


def _text(number: float | None) -> str:
    """Thousands apart, three digits where it is small."""
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _spread(row: Row) -> str:
    """The lowest and the highest against the median, in percent."""
    if row.median is None or row.low is None or row.high is None:
        return ""
    return f"{100 * (row.low / row.median - 1):+.0f} {100 * (row.high / row.median - 1):+.0f} %"
