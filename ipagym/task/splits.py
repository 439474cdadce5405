"""Training, validation and test: the splits of seeds, for manifests and warnings."""

from collections.abc import Sequence

from ipagym.random.splits import NO_SPLIT, SPLITS, TEST, TRAIN, VALIDATION, Seeds, split_of
from ipagym.workload.days import DAYS

__all__ = ["DAYS", "NO_SPLIT", "SPLITS", "TEST", "TRAIN", "VALIDATION", "Seeds", "split_of", "splits_of", "warning_of"]


def splits_of(seeds: Sequence[int]) -> dict[str, list[int]]:
    """The seeds by split, for a manifest."""
    found: dict[str, list[int]] = {}
    for seed in seeds:
        found.setdefault(split_of(seed), []).append(seed)
    return found


def warning_of(seeds: Sequence[int]) -> str | None:
    """A line that says which seeds are not in the test split; None if all are."""
    others = {split: found for split, found in splits_of(seeds).items() if split != "test"}
    if not others:
        return None
    told = "; ".join(f"{_span(found)} of {_called(split)}" for split, found in others.items())
    return f"not test seeds ({TEST.first}..{TEST.end - 1}): {told}; do not report figures on them as results"


def _span(seeds: Sequence[int]) -> str:
    return str(seeds[0]) if len(seeds) == 1 else f"{min(seeds)}..{max(seeds)}"


def _called(split: str) -> str:
    return "no split" if split == NO_SPLIT else split
