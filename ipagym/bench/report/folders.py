"""The comparisons below a folder, one to a task."""

from collections.abc import Mapping
from pathlib import Path

from ipagym.bench.comparison.results import Comparison, load_results
from ipagym.bench.storage.manifest import FILE_NAME
from ipagym.system.errors import InputError


def read_tasks(folder: Path) -> Mapping[str, Comparison]:
    """The comparison in the folder, or those in folders below it, by the folder's name, in the order of names.

    Raises:
        InputError: there is none, or one of them cannot be read.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give one that `ipagym compare` wrote with --out")
    if (folder / FILE_NAME).is_file():
        return {folder.resolve().name: load_results(folder)}
    found = sorted(path.parent for path in folder.glob(f"*/{FILE_NAME}"))
    if not found:
        raise InputError(
            f"{folder} holds no {FILE_NAME}, nor does a folder in it: give one that `ipagym compare` wrote"
        )
    return {path.name: load_results(path) for path in found}
