"""The extent of what `ipagym verify` looks at."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """The most that is looked at of a scenario, in counts, so that every scenario has its answer in bounded work.

    `events` are requests times stages, and faults, of an episode; `seconds` its length, in `windows` intervals.
    `replicas` and `stations` (queues, one for each deployment that a stage may run) are those of the whole pipeline.
    `changes` are changes of a knob, spread over the stages, whose effects are looked at.
    """

    events: int
    seconds: int
    windows: int
    replicas: int
    stations: int
    nodes: int
    changes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """Runs of each model and their length, and the seeds of everything else.

    `share` scales the length of the runs on the compiled engine; those of slower engines, `slow_share` as long, only
    have to agree within their standard errors. A mean may be off by `largest_error`, a share. `peer_requests` is how
    long runs of a peer are. `path_s` is the length of the episodes with random decisions; `bounds` are those of a
    scenario of one's own.
    """

    runs: int
    share: float
    slow_share: float
    largest_error: float
    peer_requests: int
    seeds: int
    path_s: int
    bounds: Bounds


FULL = Effort(
    runs=30, share=1.0, slow_share=0.04, largest_error=0.01, peer_requests=5_000, seeds=10, path_s=120,
    bounds=Bounds(events=20_000, seconds=50_000, windows=60, replicas=200, stations=100, nodes=16, changes=60),
)  # fmt: skip
"""A few minutes on two cores."""

FAST = Effort(
    runs=20, share=0.03, slow_share=0.0, largest_error=0.06, peer_requests=0, seeds=2, path_s=40,
    bounds=Bounds(events=6_000, seconds=10_000, windows=20, replicas=60, stations=40, nodes=8, changes=20),
)  # fmt: skip
"""Some ten seconds; theory on the compiled engine only, whose requests the other engine has to equal."""
