"""The state of a simulated cluster in the compiled engine: one record, and the arrays that it points to.

Sizes: S stages, L stations (the same number for every stage, one after the other), R replica slots per station, B
requests per batch at most, N nodes, V variants of all stages, M models (a variant on a number of cores), T seconds of
load.
"""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.model.records import STAGE_RECORD, WINDOW_RECORD

Array = NDArray[Any]

Record = Any
"""One record of an array, by reference; `sim` is always the SIM of a cluster, `rules` the RULES of its scenario."""

PENDING, STARTING, READY, DRAINING, GONE = range(5)
"""States of a replica, as in `ipagym.cluster.sim.reference.replica`; a slot of a replica that is gone is free."""

IN_SYSTEM, COMPLETED, DROPPED = range(3)
"""Outcomes of a request, as in `ipagym.cluster.sim.request`."""

COMPLETION, LOADED, RESIZED, CRASH, NODE_LOSS, NODE_REPAIR, TIMER, LOOK = range(8)
"""The kinds of events."""

CORES, READY_REPLICAS, BUSY, BUSY_CORES = range(4)
"""The meters of a station."""

GAPS, SPREADS = range(2)
"""The buffers of random numbers."""

DONE, RUNNING, NEEDS_NUMBERS, NEEDS_REQUESTS, NEEDS_EVENTS, NEEDS_LATENCIES, NEEDS_LOG = range(7)
"""The status of a cluster on its way to the end of its window: what it lacks to go on."""


def _record(**fields: str) -> np.dtype[Any]:
    return np.dtype(list(fields.items()), align=True)


def _digest() -> str:
    """A hash of the engine's sources.

    numba's cache looks at the file of the function called from Python only. The hash is part of a record's type, so
    that a change in any file is another signature and compiles anew.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


MODEL = _record(variant="i8", cores="i8", load_s="f8", accuracy="f8", combination="i8", stride="i8", choices="i8")
STAGE = _record(arrivals="i8", dropped="i8")
STATION = _record(
    closed="i8", used="i8", asked="i8", model="i8", replicas="i8", batch="i8", weight="f8", credit="f8",
    queued="i8", asleep="i8", idle="i8", first_idle="i8", last_idle="i8", top="i8", created="i8",
    timer_s="f8", resizing_to="i8", resize_due="i8", resize="i8", ring_head="i8", ring_used="i8", edf_used="i8",
    strikes="i8",
)  # fmt: skip
METER = _record(level="f8", since_s="f8", total="f8")
REPLICA = _record(
    index="i8", model="i8", state="i8", node="i8", order="i8", idle_since_s="f8", start="i8", service="i8", size="i8",
    watched="i8", before="i8", after="i8", fails="f8",
)  # fmt: skip
NODE = _record(free="i8", down="i8", losses="i8")
EVENT = _record(time_s="f8", key="i8", kind="i8", station="i8", slot="i8", serial="i8")
REQUEST = _record(
    sent_s="f8", arrival_s="f8", deadline_s="f8", end_s="f8", accuracy="f8", index="i8", next_free="i8", outcome="i4",
    late="i4", serving="i4", unanswered="i4", combination="i8",
)  # fmt: skip
PLACE = _record(enqueued_s="f8", spread="f8", stamp="i8", repeats="i8", station="i4", missing="i4")
WAITING = _record(request="i8", stamp="i8")
BY_DEADLINE = _record(deadline_s="f8", index="i8", request="i8", stamp="i8")
LOG = _record(sent_s="f8", arrival_s="f8", deadline_s="f8", end_s="f8", accuracy="f8", outcome="i8")
LOG_STAGE = _record(enqueued_s="f8", started_s="f8", finished_s="f8", size="i8", model="i8")
JOURNEY = _record(sent_s="f8", arrival_s="f8")
BUFFER = _record(used="i8", limit="i8", most="i8")
TARGET = _record(model="i8", replicas="i8", batch="i8", weight="f8")
"""One deployment asked for; model −1 for none."""

SCALAR = np.dtype("f8")
INDEX = np.dtype("i8")

ARRAYS: dict[str, tuple[np.dtype[Any], str]] = {
    "stages": (STAGE, "S"),
    "stations": (STATION, "L"),
    "meters": (METER, "L4"),
    "replicas": (REPLICA, "LR"),
    "batches": (INDEX, "LRB"),
    "nodes": (NODE, "N"),
    "events": (EVENT, "·"),
    "starts": (INDEX, "V"),
    "buffers": (BUFFER, "2"),
    "gaps": (SCALAR, "·"),
    "spreads": (SCALAR, "·"),
    "rates": (SCALAR, "T"),
    "journeys": (JOURNEY, "·"),
    "latency_s": (SCALAR, "·"),
    "ranked_s": (SCALAR, "·"),
    "per_second": (INDEX, "·"),
    "requests": (REQUEST, "·"),
    "places": (PLACE, "·S"),
    "rings": (WAITING, "L·"),
    "by_deadline": (BY_DEADLINE, "L·"),
    "window_records": (WINDOW_RECORD, "1"),
    "stage_records": (STAGE_RECORD, "S"),
    "log": (LOG, "·"),
    "log_stages": (LOG_STAGE, "·S"),
}
"""The arrays of a cluster: what they hold, and their sizes, a dot for one that has nothing to do with the others.

events: a heap. starts: how many replicas of a variant have started to load. gaps and spreads: random numbers drawn
ahead, a gap for each request and a spread for each of its stages. journeys: all requests of an episode behind a
network. latency_s: of the requests completed in the window, in order of completion; ranked_s: the same, moved about.
per_second: arrivals in each second of the window. rings: queues in order of entry; by_deadline: the same as heaps. log
and log_stages: what became of every request, if asked for.
"""

TABLES: dict[str, tuple[np.dtype[Any], str]] = {
    "models": (MODEL, "M"),
    "average_s": (SCALAR, "MB"),
    "sigma": (SCALAR, "MB"),
    "needs": (INDEX, "S"),
    "next_from": (INDEX, "S"),
    "next": (INDEX, "·"),
    "combinations": (SCALAR, "·"),
}
"""The arrays that all clusters of a scenario share: service times and their noise by batch size, how many stages each
stage needs, and its successors: `next` from `next_from` on; and the accuracy of each combination of variants where that
was measured. A variant's share in the number of a combination is `combination` of its models, its index times `stride`;
`choices` are the variants of its stage.
"""


POINTER_WORDS = 4
"""An array's address and its sizes, as many as it has, take so many words in the field `pointers` of its record."""


def point(record: Record, number: int, array: Array) -> None:
    """Let the pointer of this number lead to the array."""
    sizes = (*array.shape, *(0,) * (POINTER_WORDS - 1 - array.ndim))
    record["pointers"][number] = (array.__array_interface__["data"][0], *sizes)


RULES = _record(
    pointers=f"({len(TABLES)},{POINTER_WORDS})i8",
    stations_per_stage="i8", finals="i8", slo_s="f8", edf="i8", batch_timeout_s="f8", expired="i8", hopeless="i8",
    max_queue="i8", max_age_s="f8", family="i8", parameter="f8", in_place="i8", resize_s="f8", keep_alive_s="f8",
    bounded="i8", max_replicas="i8", crashes_per_hour="f8", slow_start="f8", slow_start_factor="f8",
    failed_start="f8", straggler="f8", straggler_factor="f8", node_losses_per_hour="f8", node_repair_s="f8",
    lost_scrape="f8", profile_error="f8", idle_watts="f8", busy_watts="f8", keep="i8", network="i8",
)  # fmt: skip
SIM = _record(
    pointers=f"({len(ARRAYS)},{POINTER_WORDS})i8",
    now_s="f8", start_s="f8", until_s="f8", status="i8", sequence="i8", stamp="i8", order="i8", pending="i8",
    scheduled="i8", free="i8", arrived="i8", ended="i8", next_arrival_s="f8", next_sent_s="f8", second="i8",
    rates_before="f8", gaps_before="f8", gaps_sum="f8", gaps_summed="i8", checked_events="i8", most_scheduled="i8",
    arrivals="i8", completed="i8", dropped="i8", violations="i8", network_min_s="f8", network_sum_s="f8",
    network_max_s="f8", accuracy_sum="f8", configured_accuracy="f8", seconds="i8", fate="u8", windows="i8",
    scraped="i8",
    **{f"engine_{_digest()}": "i8"},
)  # fmt: skip
