"""The seeds of training, validation and test: ranges that do not meet, so that nothing is tuned on what is reported."""

from typing import NamedTuple


class Seeds(NamedTuple):
    """Seeds from `first` to `end` − 1."""

    first: int
    end: int


TEST = Seeds(0, 100_000)
"""What comparisons and tables are made on."""

VALIDATION = Seeds(100_000, 200_000)
"""What the best of several trained policies, or of several settings, is chosen on."""

TRAIN = Seeds(1_000_000, 2**31)
"""What anything is fitted to: policies, constant configurations, factors."""

SPLITS = {"test": TEST, "validation": VALIDATION, "train": TRAIN}
"""All of them by name."""

NO_SPLIT = "none"
"""The split of seeds between the ranges and beyond them."""


def split_of(seed: int) -> str:
    """The name of the split that a seed belongs to, or `NO_SPLIT`."""
    return next((name for name, seeds in SPLITS.items() if seeds.first <= seed < seeds.end), NO_SPLIT)
