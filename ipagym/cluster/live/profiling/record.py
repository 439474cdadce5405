"""What was measured so far, in a CSV file beside the profile: the intervals of its figures, and where to go on."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from ipagym.cluster.live.profiling.replica_times import Measured, Times
from ipagym.system.errors import InputError
from ipagym.system.files import write_atomically

TIMES = [field.name for field in fields(Times)]
COLUMNS = ["stage", "variant", "start_s", "memory_mib", *TIMES, "measured_at"]


class Record:
    """The rows of a file, one for each variant, number of cores and batch size; it is written after each variant.

    Raises:
        InputError: the file there is no such record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows = _read(path) if path.exists() else pd.DataFrame(columns=COLUMNS)

    def measured(self, stage: str, variant: str) -> Measured | None:
        """What the file has of a variant, or None."""
        rows = self._rows[(self._rows["stage"] == stage) & (self._rows["variant"] == variant)]
        if rows.empty:
            return None
        return Measured(
            start_s=float(rows["start_s"].iloc[0]),
            memory_mib=float(rows["memory_mib"].iloc[0]),
            times=[Times(**dict(zip(TIMES, row, strict=True))) for row in rows[TIMES].itertuples(index=False)],
        )

    def add(self, stage: str, variant: str, measured: Measured) -> None:
        """Put a variant into the file."""
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        start = {"start_s": measured.start_s, "memory_mib": measured.memory_mib, "measured_at": now}
        new = pd.DataFrame([{"stage": stage, "variant": variant, **start, **asdict(each)} for each in measured.times])
        self._rows = new[COLUMNS] if self._rows.empty else pd.concat([self._rows, new[COLUMNS]], ignore_index=True)
        write_atomically(self.path, self._rows.to_csv(index=False, float_format="%.6g").encode())

    def summary(self) -> Iterator[str]:
        """Sentences about all figures together."""
        share = self._rows["half_width_s"] / self._rows["average_s"]
        yield f"95 % half widths of mean service times: median {share.median():.1%}, largest {share.max():.1%}"
        yield f"A hop (sending a batch, receiving answers): median {1000 * self._rows['hop_s'].median():.2f} ms"


def _read(path: Path) -> pd.DataFrame:
    try:
        rows = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}): move it away") from None
    if list(rows.columns) != COLUMNS:
        raise InputError(f"{path} is no record of measurements: move it away, or choose another --out")
    return rows
