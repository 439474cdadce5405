"""The part of the build that pyproject.toml cannot say: finding a checkout installed with `pip install -e`.

setuptools lets a finder behind Python's own look for the package. Where the folder that holds the checkout is on the
path, as it is for scripts beside it, Python's own comes to the checkout's folder, of the package's name, and takes it
for a package without code. So one of that name is put into site-packages, which Python prefers; it makes way for the
package in the checkout.
"""

from pathlib import Path

from setuptools import Command, setup
from setuptools.command.build import build

PACKAGE = Path(__file__).resolve().parent / "ipagym"

SIGNPOST = f'''\
"""Leads to the checkout that is installed here."""

import sys
from importlib.util import module_from_spec, spec_from_file_location

_spec = spec_from_file_location(
    "ipagym", {str(PACKAGE / "__init__.py")!r}, submodule_search_locations=[{str(PACKAGE)!r}]
)
sys.modules["ipagym"] = module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["ipagym"])
'''


class Signpost(Command):
    """Writes the signpost to where the files for site-packages are gathered, in editable mode only."""

    editable_mode = False

    def initialize_options(self) -> None:
        """Nothing to set."""

    def finalize_options(self) -> None:
        """Nothing to settle."""

    def run(self) -> None:
        """Write it."""
        if self.editable_mode:
            folder = Path(self.get_finalized_command("install").install_lib, "ipagym")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").write_text(SIGNPOST, encoding="utf-8")

    def get_source_files(self) -> list[str]:
        """No file of the checkout is needed for it."""
        return []

    def get_outputs(self) -> list[str]:
        """No file of a build is made by it."""
        return []

    def get_output_mapping(self) -> dict[str, str]:
        """No file of a build is one of the checkout."""
        return {}


build.sub_commands = [*build.sub_commands, ("signpost", None)]
setup(cmdclass={"signpost": Signpost})
