"""The layers of the code, from the contract in pyproject.toml, each with the docstrings of its modules."""

import ast
import tomllib
from pathlib import Path

from ipagym.cli.controllers import markdown

WIDTH, ROW, LEFT = 900, 32, 40
"""Of the drawing, of a layer in it, and of what stands before the boxes, in pixels."""


def layers(pyproject: Path) -> list[list[str]]:
    """The modules of each layer, highest first."""
    contract = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]
    return [[each.strip() for each in layer.split("|")] for layer in contract["layers"]]


def page(pyproject: Path) -> str:
    """A table of the layers, highest first; an import never points upwards."""
    found = layers(pyproject)
    rows = [("layer", "module", "what it is")]
    for number, modules in enumerate(found):
        rows += [(str(len(found) - number), f"`{each}`", _says(pyproject.parent, each)) for each in modules]
    return (
        "# Layers\n\nHighest first. A module imports from its own layer and from those below it, never upwards; two "
        "modules of one layer do not import each other. `lint-imports` checks this contract, which is in "
        f"`pyproject.toml`. [The architecture](architecture.md) explains them.\n\n{markdown(rows)}\n"
    )


def drawing(pyproject: Path) -> str:
    """The layers as SVG, each a row of boxes."""
    found = layers(pyproject)
    rows = "".join(_row(number, len(found) - number, modules) for number, modules in enumerate(found))
    return (
        f'<div class="layers"><svg viewBox="0 0 {WIDTH} {ROW * len(found)}" role="img" '
        f'aria-label="Layers of the code, highest first; imports point downwards">{rows}</svg></div>'
    )


def _row(place: int, number: int, modules: list[str]) -> str:
    wide = (WIDTH - LEFT) / len(modules)
    boxes = (_box(LEFT + column * wide, place * ROW, wide, module) for column, module in enumerate(modules))
    return f'<text x="{LEFT - 16}" y="{place * ROW + 21}" text-anchor="end">{number}</text>{"".join(boxes)}'


def _box(left: float, top: float, wide: float, module: str) -> str:
    name = module.removeprefix("ipagym.")
    return (
        f'<rect x="{left:.1f}" y="{top + 2}" width="{wide - 4:.1f}" height="{ROW - 4}" rx="4"/>'
        f'<text x="{left + wide / 2 - 2:.1f}" y="{top + 21}" text-anchor="middle">{name}</text>'
    )


def _says(root: Path, module: str) -> str:
    path = root.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split())
