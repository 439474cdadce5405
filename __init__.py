"""Leads to the package where this checkout, of the package's name, is taken for it: in the folder that holds it.

Without this file, Python takes the checkout there for a package without code, whose import succeeds and registers
nothing. An installed package goes before the one in the checkout, as it would without this file.
"""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

NAME = "ipagym"
CHECKOUT = Path(__file__).resolve().parent


def _found() -> ModuleSpec | None:
    """The package as installed, or as it lies in this checkout."""
    elsewhere = [place for place in sys.path if Path(place).resolve() != CHECKOUT.parent]
    installed = PathFinder.find_spec(NAME, elsewhere)
    if installed is not None and installed.origin is not None:
        return installed
    folder = CHECKOUT / NAME
    return spec_from_file_location(NAME, folder / "__init__.py", submodule_search_locations=[str(folder)])


def _lead() -> None:
    spec = _found()
    assert spec is not None
    assert spec.loader is not None
    sys.modules[NAME] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[NAME])


if __name__ == NAME:  # pytest imports it by the name of the checkout's folder
    _lead()
