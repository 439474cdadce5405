"""Finished episodes on disk, which need not be run again."""

import io
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import ipagym
from ipagym.bench.episode import Episode
from ipagym.bench.storage.table import NEEDED_COLUMNS, episode_frame
from ipagym.bench.storage.targets import configuration_from
from ipagym.model.configuration import Configuration
from ipagym.model.validity import check
from ipagym.system.files import content_of, write_atomically
from ipagym.task.scenario import Scenario

KEY = b"ipagym"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A finished episode as read from disk: `decision_s` holds seconds per window, `asked` the configurations."""

    agent: str
    seed: int
    frame: pd.DataFrame
    decision_s: tuple[float, ...]
    asked: tuple[Configuration, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """A finished episode as the contents of its two files, which need not be written where it ran."""

    agent: str
    seed: int
    windows: bytes
    timings: bytes


@dataclass(frozen=True, slots=True)
class Store:
    """The episodes of one scenario in a folder.

    Each is a Parquet file of windows, which depends on the seed alone, beside a JSON file of decision times.
    """

    folder: Path
    scenario: Scenario

    def path(self, agent: str, seed: int) -> Path:
        """The file that keeps the windows of the episode."""
        return self.folder / "episodes" / f"{_file_name(agent)}-{seed}.parquet"

    def save(self, episode: Episode, fingerprint: str) -> None:
        """Write an episode."""
        self.write(self.pack(episode, fingerprint))

    def pack(self, episode: Episode, fingerprint: str) -> Packed:
        """The files of an episode; the folder is not touched."""
        table = pa.Table.from_pandas(episode_frame(episode, self.scenario), preserve_index=False)
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), KEY: self._key(fingerprint)})
        windows = content_of(lambda file: pq.write_table(table, file, compression="zstd"))
        timings = {"windows_sha256": sha256(windows).hexdigest(), "decision_s": episode.decision_s.tolist()}
        return Packed(agent=episode.agent, seed=episode.seed, windows=windows, timings=json.dumps(timings).encode())

    def write(self, packed: Packed) -> None:
        """Write the files of an episode: decision times first, so that windows on disk mean a complete episode."""
        path = self.path(packed.agent, packed.seed)
        write_atomically(self._timings(path), packed.timings)
        write_atomically(path, packed.windows)

    def find(self, agent: str, seed: int, fingerprint: str) -> Stored | None:
        """The episode, if it is stored, intact, and of this scenario and this agent's fingerprint."""
        path = self.path(agent, seed)
        try:
            timings = json.loads(self._timings(path).read_text(encoding="utf-8"))
            windows = path.read_bytes()
            if timings["windows_sha256"] != sha256(windows).hexdigest():
                return None
            table = pq.read_table(io.BytesIO(windows))
            frame = table.to_pandas()
            decision_s = tuple(map(float, timings["decision_s"]))
            asked = tuple(map(self._checked, frame["asked"]))
        except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError, pa.ArrowException):
            return None
        is_right = (table.schema.metadata or {}).get(KEY) == self._key(fingerprint)
        is_whole = len(frame) == len(decision_s) == self.scenario.windows - 1 and set(frame) >= NEEDED_COLUMNS
        if not (is_right and is_whole):
            return None
        return Stored(agent=agent, seed=seed, frame=frame, decision_s=decision_s, asked=asked)

    def _checked(self, text: str) -> Configuration:
        configuration = configuration_from(text)
        check(configuration, self.scenario.pipeline, self.scenario.limits)
        return configuration

    def _timings(self, path: Path) -> Path:
        return path.with_suffix(".timings.json")

    def _key(self, fingerprint: str) -> bytes:
        return f"{ipagym.__version__} {self.scenario.digest()} {fingerprint}".encode()


def _file_name(agent: str) -> str:
    """The agent's name, with a hash where the name cannot be a file's."""
    safe = re.sub(r"[^\w.-]+", "_", agent)
    return safe if safe == agent else f"{safe[:80]}_{sha256(agent.encode()).hexdigest()[:8]}"
