"""What users name by import path, as in `my_module:name`; modules in the working folder count as well."""

import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ipagym.system.errors import InputError, IpagymError, in_one_line, unknown_name


def is_import_path(name: str) -> bool:
    """True for a name that is written as `module:attribute`; both may have dots."""
    module, colon, attribute = name.partition(":")
    return bool(colon) and all(part.isidentifier() for part in [*module.split("."), *attribute.split(".")])


def imported(path: str, what: str) -> object:
    """What an import path names; `what` says in errors what it should be.

    Raises:
        InputError: there is no such module or nothing of that name in it, or the import fails.
    """
    module = path.partition(":")[0]
    try:
        return attribute_of(import_by_user(module, f"{what} {path}"), path, what)
    except ModuleNotFoundError:
        where = f"put {module.split('.')[0]}.py into the working folder, or install it"
        raise InputError(f"{what} {path}: no module {module}: {where}") from None


def attribute_of(module: ModuleType, path: str, what: str) -> object:
    """What an import path names in its module.

    Raises:
        InputError: the module has no such name.
    """
    name = path.partition(":")[2]
    try:
        return reduce(getattr, name.split("."), module)
    except AttributeError:
        own = [each for each in vars(module) if not each.startswith("_")]
        raise unknown_name(f"{what} {path}: in module {module.__name__} there is no", name, own) from None


def import_by_user(module: str, what: str) -> ModuleType:
    """The module.

    Raises:
        ModuleNotFoundError: there is none of that name.
        InputError: its import fails; the message says where.
    """
    _make_working_folder_importable()
    with as_input_error(f"{what}: {module} cannot be imported"):
        try:
            return import_module(module)
        except ModuleNotFoundError as error:
            if error.name is not None and f"{module}.".startswith(f"{error.name}."):
                missing = error
            else:
                raise
    raise missing


@contextmanager
def as_input_error(what: str) -> Iterator[None]:
    """Say in one line what the user's code raised, and where."""
    try:
        yield
    except IpagymError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(f"{what}: {in_one_line(error)}") from error


def _make_working_folder_importable() -> None:
    """Put the working folder on the path, as for a script; processes that this one starts have its path."""
    here = str(Path.cwd())
    if multiprocessing.parent_process() is None and here not in sys.path:
        sys.path.insert(0, here)
