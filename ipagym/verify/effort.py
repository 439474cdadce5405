"""How much of everything `ipagym verify` looks at."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """Runs of each model and their length, and the seeds of everything else.

    `share` scales the length of the runs on the compiled engine; those of slower engines, `slow_share` as long, only
    have to agree within their standard errors. A mean may be off by `largest_error`, a share. `peer_requests` is how
    long runs of a peer are. `path_s` is the length of the episodes with random decisions.
    """

    runs: int
    share: float
    slow_share: float
    largest_error: float
    peer_requests: int
    seeds: int
    path_s: int


FULL = Effort(
    runs=30, share=1.0, slow_share=0.04, largest_error=0.01, peer_requests=5_000, seeds=10, path_s=120
)  # fmt: skip
"""A few minutes on two cores."""

FAST = Effort(
    runs=20, share=0.03, slow_share=0.0, largest_error=0.06, peer_requests=0, seeds=2, path_s=40
)  # fmt: skip
"""Some ten seconds; theory on the compiled engine only, whose requests the other engine has to equal."""
