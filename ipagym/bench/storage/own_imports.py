"""Imports of a module's author's own code, found in its text: whatever is imported, at the top or in a function.

Installed packages do not count, nor do Python's own modules and ipagym.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import ipagym

INSTALLED = {"site-packages", "dist-packages"}
"""Folders of packages that change by being installed anew."""


def with_own_imports(modules: Iterable[str]) -> set[str]:
    """The modules, and all of the author's own that they import, directly or not."""
    found: set[str] = set()
    left = set(modules)
    while left:
        name = left.pop()
        found.add(name)
        file = source_of(name)
        left |= {each for each in _imported(name, file) if _is_own(each)} - found if file else set()
    return found


def is_foreign(module: str) -> bool:
    """True for a module that is neither the package's nor Python's own."""
    top = module.partition(".")[0]
    return top != ipagym.__name__ and top not in sys.stdlib_module_names


def source_of(module: str) -> Path | None:
    """The file that the module was read from, or would be."""
    if module in sys.modules:
        name = getattr(sys.modules[module], "__file__", None)
    else:
        try:
            spec = find_spec(module)
        except (ImportError, ValueError):  # what cannot be imported here bears on nothing
            return None
        name = spec.origin if spec else None
    return Path(name) if name and Path(name).is_file() else None


def _is_own(module: str) -> bool:
    if not is_foreign(module):
        return False
    file = source_of(module)
    return file is not None and not INSTALLED & set(file.parts)


def _imported(module: str, file: Path) -> Iterator[str]:
    """Names of modules, and of what may be modules, that the text imports."""
    if file.suffix != ".py":
        return
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: max(0, len(package.split(".")) + 1 - node.level)] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            if base:
                yield from _with_parents(base)
                yield from (f"{base}.{alias.name}" for alias in node.names)


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))
