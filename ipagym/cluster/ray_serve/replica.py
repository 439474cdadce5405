"""What a replica runs on Ray. Ray is sent this module itself: no worker imports the package, which takes a second."""

import sys
from asyncio import Event
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

CHILDREN = ("ipagym", "cluster", "live", "children")
"""The package that has models, whose modules need nothing of the packages above it."""


class Replica:
    """Loads a model and serves batches with it, one at a time."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._serve = _child("replica").loaded(model)

    def check(self) -> None:
        """Answered once the model is loaded and the way here is known."""

    async def stay(self) -> None:
        """Never answered: the call fails when the replica ends, upon which the dispatcher knows."""
        await Event().wait()

    def serve(self, items: Sequence[bytes], cores: int) -> tuple[float, Sequence[bytes]]:
        """The seconds that a batch took on so many cores, and its answers."""
        begun = perf_counter()
        answers = self._serve(items, cores)
        return perf_counter() - begun, answers


def _child(module: str) -> Any:
    """A module of `CHILDREN`; packages above it are made without being run."""
    spec = find_spec(CHILDREN[0])
    if spec is None or spec.origin is None:
        raise ImportError("ipagym is not installed where this Ray worker runs")
    name, folder = CHILDREN[0], Path(spec.origin).parent
    if not (folder / CHILDREN[1]).is_dir():  # it only leads to an installed checkout (setup.py)
        folder = Path(str(import_module(name).__file__)).parent
    for part in ("", *CHILDREN[1:]):
        name, folder = (f"{name}.{part}", folder / part) if part else (name, folder)
        package = sys.modules.setdefault(name, ModuleType(name))
        package.__path__ = [str(folder)]
    return import_module(f"{name}.{module}")
