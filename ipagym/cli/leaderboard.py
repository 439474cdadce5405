"""`ipagym leaderboard`: suites run, shown, and entries to them packed, checked and merged."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.system.errors import InputError

if TYPE_CHECKING:
    from ipagym.bench.leaderboard.board import Board

app = typer.Typer(help="Suites of tasks: run, show, submit, verify, merge.", no_args_is_help=True)

Workers = Annotated[int | None, typer.Option(help="Processes; the results do not depend on it.")]


@app.command("run")
def run(
    suite: Annotated[str, typer.Argument(help="A suite by name (core-v1, papers-v1, robust-v1), or a YAML file.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the results; what is there is not run again.")] = None,
    workers: Workers = None,
) -> None:
    """Run every agent of a suite on all of its tasks and seeds, and print the table.

    Exit code 1 if an agent failed: the others are in the table, and the reason is below it.
    """
    from ipagym.bench.leaderboard.board import read_board
    from ipagym.bench.leaderboard.run import run_suite
    from ipagym.bench.leaderboard.suite import load_suite
    from ipagym.bench.leaderboard.table import write_tables

    loaded = load_suite(suite)
    folder = out if out is not None else Path("results") / f"leaderboard-{loaded.name}"
    found = run_suite(loaded, folder, checked_workers(workers))
    board = read_board(folder)
    write_tables(board, folder)
    show(board)
    print(f"results {found.digest} written to {folder}")
    if found.failures:
        raise typer.Exit(1)


def checked_workers(workers: int | None) -> int:
    """The number of processes, all cores where none is given.

    Raises:
        InputError: it is below 1.
    """
    if workers is not None and workers < 1:
        raise InputError(f"--workers must be at least 1, not {workers}")
    return workers if workers is not None else os.cpu_count() or 1


@app.command("show")
def show_folder(
    folder: Annotated[Path, typer.Argument(help="The folder of a leaderboard.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables in Markdown.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the table over all tasks as CSV.")] = False,
) -> None:
    """Print the tables of a leaderboard that was run: over all tasks, then of each."""
    from ipagym.bench.leaderboard import table
    from ipagym.bench.leaderboard.board import read_board

    if markdown and csv:
        raise InputError("give --markdown or --csv, not both")
    board = read_board(folder)
    if csv:
        print(table.overall_frame(board).to_csv(index=False), end="")
    elif markdown:
        print(table.markdown(board), end="")
    else:
        show(board)


def show(board: "Board") -> None:
    """Print the tables of a board for the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ipagym.bench.leaderboard import table
    from ipagym.cli.console import console

    screen = console()
    for title, (head, *body) in table.tables(board):
        drawn = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for heading in head:
            drawn.add_column(heading, justify="left" if heading == "agent" else "right", overflow="fold")
        for row in body:
            drawn.add_row(*row)
        screen.print(drawn)
    for note in table.notes(board):
        screen.print(note, markup=False, highlight=False, soft_wrap=True)
