"""Reference of the command line, generated from the commands by typer."""

import re

import typer
from typer.cli import get_docs_for_click

from ipagym.cli import app

LIST = re.compile(r"\*\*Commands\*\*:\n\n(?:\* .*\n)+")
"""Typer's list of commands, whose sentences are cut short."""


def page() -> str:
    """All commands with their arguments and options."""
    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="ipagym", title="Command line")
    return LIST.sub("", text)
