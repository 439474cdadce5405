"""A hash of an agent's code: after a change of the code, stored episodes are no longer valid for the agent. The whole
package counts, as any part of it may affect an agent. For an agent from outside, these files count: the definition of
its factory, its base classes, everything that the factory refers to or was given, and the author's own modules that
these import. Plain values given to the factory count as well. Code without a file, as in an interactive session, gets a
new mark each time.
"""

import inspect
from collections.abc import Callable, Iterator
from functools import cache, partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any
from uuid import uuid4

from ipagym.bench.storage.own_imports import is_foreign, source_of, with_own_imports

PARTS = ("ipagym", "ipagym.agents", "ipagym.envs", "ipagym.profiles")
"""Packages with folders of their own, which lie apart where the package is installed from a checkout."""

SUFFIXES = (".py", ".json")
"""Code, and the weights of forecasters."""

PLAIN = (str, int, float, bool, Path, type(None))


def code_mark(make: Callable[[], object]) -> str:
    """The mark of all code behind what `make` makes, 16 hexadecimal digits."""
    origin, given = _origin(make), list(_values(make))
    own = {each.__module__ for each in (origin, *getattr(origin, "__mro__", ()))}
    named = {module for module in map(_module_of, (*_named(origin), *given)) if source_of(module)}
    modules = with_own_imports(name for name in own | named if is_foreign(name))
    marks = [package_mark(), *map(_module_mark, sorted(modules))]
    values = [repr(value) for value in given if isinstance(value, PLAIN)]
    return sha256(repr((marks, values)).encode()).hexdigest()[:16]


@cache
def package_mark() -> str:
    """The mark of the package's own code at the first call: later edits do not affect the running process."""
    files: dict[Path, str] = {}
    for part in PARTS:
        spec = find_spec(part)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            files |= {path.resolve(): f"{part}/{path.relative_to(folder)}" for path in _sources(Path(folder))}
    content = sorted((name, sha256(path.read_bytes()).hexdigest()) for path, name in files.items())
    return sha256(repr(content).encode()).hexdigest()[:16]


def _sources(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())


def _module_mark(module: str) -> str:
    file = source_of(module)
    return uuid4().hex if file is None else sha256(file.read_bytes()).hexdigest()[:16]


def _module_of(thing: object) -> str:
    name = thing.__name__ if inspect.ismodule(thing) else getattr(thing, "__module__", None) or type(thing).__module__
    return name if isinstance(name, str) else ""


def _origin(make: Callable[[], object]) -> Any:
    """The function or class behind partial applications, methods and callable objects."""
    while isinstance(make, partial):
        make = make.func
    known = inspect.isfunction(make) or inspect.isclass(make)
    return make if known else getattr(make, "__func__", type(make))


def _named(origin: Any) -> list[object]:
    """The names that a function uses from outside of it."""
    if not inspect.isfunction(origin):
        return []
    known = origin.__globals__
    return [known[name] for name in origin.__code__.co_names if name in known]


def _around(function: FunctionType) -> list[object]:
    """Values of the variables of functions around it."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return [cell.cell_contents for name, cell in cells if name != function.__name__]


def _values(make: Callable[[], object]) -> Iterator[object]:
    """The values that the factory was given: arguments set beforehand, defaults, and variables around it."""
    while isinstance(make, partial):
        yield from (*make.args, *make.keywords.values())
        make = make.func
    if inspect.isfunction(make):
        yield from (*(make.__defaults__ or ()), *(make.__kwdefaults__ or {}).values(), *_around(make))
