"""A replica without a model: it sleeps as long as the profile says that the batch takes."""

from collections.abc import Mapping, Sequence
from math import exp
from random import Random
from time import perf_counter, sleep


def load(load_s: float, service_s: Mapping[str, Sequence[Sequence[float]]], seed: int) -> "Sleeper":
    """Sleep as long as loading takes; `service_s` has for each number of cores the mean service time in seconds and the
    σ of its lognormal factor, by batch from 1 on.
    """
    sleep(load_s)
    table = {int(cores): [(float(mean), float(sigma)) for mean, sigma in each] for cores, each in service_s.items()}
    return Sleeper(table, Random(seed))  # noqa: S311 - service times are no secrets


class Sleeper:
    """Answers nothing, in the time that a model would take."""

    def __init__(self, service_s: Mapping[int, Sequence[tuple[float, float]]], chance: Random) -> None:
        self._service_s = service_s
        self._chance = chance

    def __call__(self, items: Sequence[bytes], cores: int) -> Sequence[bytes]:
        """An empty answer for each item."""
        begun = perf_counter()
        mean, sigma = self._service_s[cores][len(items) - 1]
        due_s = begun + mean * exp(sigma * self._chance.gauss(0.0, 1.0) - sigma * sigma / 2)
        if (rest_s := due_s - perf_counter()) > 0:
            sleep(rest_s)
        return [b""] * len(items)
