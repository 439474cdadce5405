"""The layers of the code, as the contract in pyproject.toml has them, each with what its modules say of themselves."""

import ast
import tomllib
from pathlib import Path

from ipagym.cli.controllers import markdown


def page(pyproject: Path) -> str:
    """A table of the layers, highest first; an import never points upwards."""
    contract = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]
    rows = [("layer", "module", "what it is")]
    for number, layer in enumerate(contract["layers"]):
        modules = [each.strip() for each in layer.split("|")]
        rows += [(str(len(contract["layers"]) - number), f"`{each}`", _says(pyproject.parent, each)) for each in modules]
    return (
        "# Layers\n\nHighest first. A module imports from its own layer and from those below it, never upwards; two "
        "modules of one layer do not import each other. `lint-imports` checks this contract, which stands in "
        f"`pyproject.toml`. [The architecture](architecture.md) explains them.\n\n{markdown(rows)}\n"
    )


def _says(root: Path, module: str) -> str:
    path = root.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split())
