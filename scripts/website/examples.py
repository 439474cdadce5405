"""A page with every file of examples/, as it is."""

import ast
from pathlib import Path


def page(folder: Path) -> str:
    """A section for each example: the head of its docstring, and its text."""
    text = (
        "# Examples\n\nOne file for each tool of the field, from `examples/`. Each is run by the tests. "
        "[Integrations](integrations.md) says what to install for each."
    )
    return "\n\n".join([text, *(_section(path) for path in sorted(folder.glob("*.py")))]) + "\n"


def _section(path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    says = (ast.get_docstring(ast.parse(source)) or "").split("\n\n")[0]
    return f'## {path.name}\n\n{says}\n\n``` python title="examples/{path.name}"\n{source}```'
