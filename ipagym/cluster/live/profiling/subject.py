"""What is measured: a pipeline with models, and what is chosen for it and not measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ipagym.cluster.live.program import Program

BATCHES, CORES = (1, 2, 4, 8), (1, 2, 4)
"""What is measured unless something else is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A chain of stages to be measured.

    `stages` has the variants of each stage. The program's inputs 0 … `labelled` − 1 are those with labels. Service
    times are measured with the first `timed` of them, on all of `batches` and `cores`; the first number of cores is the
    base. `settings` are fields of the profile that are chosen: its name, SLO, objective and so on.
    """

    program: Program
    stages: Mapping[str, Sequence[str]]
    settings: Mapping[str, Any]
    labelled: int
    timed: int = 64
    batches: Sequence[int] = BATCHES
    cores: Sequence[int] = CORES
