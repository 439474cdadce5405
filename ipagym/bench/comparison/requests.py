"""The arrivals and latencies of single requests, from the files of episodes in a folder of results."""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ipagym.system.errors import InputError

FOLDER = "episodes"
COLUMNS = ("agent", "seed", "window", "latency_s")


def request_latencies(folder: Path, agents: Collection[str], seeds: Collection[int]) -> pd.DataFrame:
    """One row per completed request of those agents on those seeds: `agent`, `seed`, `window` (that it was answered
    in) and `latency_s`, in the order of completion. There are none where the folder has no files of episodes.
    """
    parts = [part for path in sorted((folder / FOLDER).glob("*.parquet")) for part in _parts(path, agents, seeds)]
    if not parts:
        return pd.DataFrame({"agent": pd.Categorical([]), "seed": [], "window": [], "latency_s": []})
    found = pd.concat(parts, ignore_index=True)
    order = pd.Categorical(found["agent"], categories=list(dict.fromkeys(agents)))
    return found.assign(agent=order).sort_values(["agent", "seed", "window"], kind="stable", ignore_index=True)


def arrivals_per_s(folder: Path, seed: int) -> NDArray[np.float64]:
    """Requests that arrived in each second under the seed, which are the same for all agents.

    Raises:
        InputError: the folder has no file of an episode under the seed.
    """
    for path in sorted((folder / FOLDER).glob("*.parquet")):
        table = pq.read_table(path, columns=["seed", "arrivals_per_s"])
        if table.num_rows and table["seed"][0].as_py() == seed:
            return np.asarray(table["arrivals_per_s"].combine_chunks().flatten(), dtype=np.float64)
    raise InputError(f"{folder} has no file of an episode under seed {seed}, which holds its load: run it again")


def _parts(path: Path, agents: Collection[str], seeds: Collection[int]) -> Iterator[pd.DataFrame]:
    table = pq.read_table(path, columns=list(COLUMNS))
    if table.num_rows == 0 or table["agent"][0].as_py() not in agents or table["seed"][0].as_py() not in seeds:
        return
    lists = table["latency_s"].combine_chunks()
    windows = np.repeat(table["window"].to_numpy(), np.asarray(lists.value_lengths().fill_null(0)))
    yield pd.DataFrame(
        {
            "agent": table["agent"][0].as_py(),
            "seed": table["seed"][0].as_py(),
            "window": windows,
            "latency_s": lists.flatten().to_numpy(zero_copy_only=False),
        }
    )
