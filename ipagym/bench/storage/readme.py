"""The README of a folder of results: what it holds, and what each file is for."""

from collections.abc import Mapping
from pathlib import Path

from ipagym.system.files import write_atomically

FILE_NAME = "README.md"


def write_readme(folder: Path, title: str, told: Mapping[str, str], files: Mapping[str, str]) -> None:
    """Write the README into `folder`, atomically: the same bytes for the same arguments.

    `told` are facts by name, such as the load; `files` a sentence for each name of a file or a folder (`episodes/`).
    """
    facts = [f"- {name}: {fact}" for name, fact in told.items()]
    rows = [f"| `{name}` | {sentence} |" for name, sentence in files.items()]
    lines = [f"# {title}", "", *facts, "", "| file | what it holds |", "|---|---|", *rows]
    write_atomically(folder / FILE_NAME, ("\n".join(lines) + "\n").encode())
