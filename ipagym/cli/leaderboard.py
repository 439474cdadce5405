"""`ipagym leaderboard`: run and show suites; pack, check and merge entries."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.cli.examples import epilog
from ipagym.system.errors import InputError

if TYPE_CHECKING:
    from ipagym.bench.leaderboard.board import Board

app = typer.Typer(help="Suites of tasks: run, show, submit, verify, merge.", no_args_is_help=True)

Workers = Annotated[int | None, typer.Option(help="Number of processes; results do not depend on it.")]
RAY_HELP = "Run episodes on a Ray cluster: its address, or local for one of --workers processes on this machine."


@app.command("run", epilog=epilog("leaderboard run"))
def run(
    suite: Annotated[str, typer.Argument(help="Suite: core-v1, papers-v1, robust-v1, or a YAML file.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the results; existing results are reused.")] = None,
    workers: Workers = None,
    ray: Annotated[str | None, typer.Option(help=RAY_HELP)] = None,
) -> None:
    """Run every agent of a suite on all of its tasks and seeds, and print the table.

    Exit code 1 if an agent failed: the table has the other agents, and the reason follows it.
    """
    from ipagym.bench.comparison.on_ray import chosen
    from ipagym.bench.leaderboard.board import read_board
    from ipagym.bench.leaderboard.run import run_suite
    from ipagym.bench.leaderboard.suite import load_suite
    from ipagym.bench.leaderboard.table import write_tables

    loaded = load_suite(suite)
    folder = out if out is not None else Path("results") / f"leaderboard-{loaded.name}"
    processes = checked_workers(workers)
    with chosen(ray, processes) as executor:
        found = run_suite(loaded, folder, processes, executor)
    board = read_board(folder)
    write_tables(board, folder)
    show(board)
    print(f"results {found.digest} written to {folder}")
    if found.failures:
        raise typer.Exit(1)


def checked_workers(workers: int | None) -> int:
    """The number of processes, by default all cores.

    Raises:
        InputError: it is below 1.
    """
    if workers is not None and workers < 1:
        raise InputError(f"--workers must be at least 1, not {workers}")
    return workers if workers is not None else os.cpu_count() or 1


@app.command("show", epilog=epilog("leaderboard show"))
def show_folder(
    folder: Annotated[Path, typer.Argument(help="The folder of a leaderboard.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables in Markdown.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the table over all tasks as CSV.")] = False,
) -> None:
    """Print the tables of a leaderboard: first over all tasks, then for each task."""
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


@app.command("submit", epilog=epilog("leaderboard submit"))
def submit(
    agent: Annotated[str, typer.Option(help="The agent: a name, or your own as MODULE:CLASS.")],
    suite: Annotated[str, typer.Option(help="Suite by name, or a YAML file.")],
    out: Annotated[Path, typer.Option(help="The file to write, such as entry.zip.")],
    name: Annotated[str | None, typer.Option(help="Name of the agent in tables. Default: as given by --agent.")] = None,
    work: Annotated[Path | None, typer.Option(help="Folder for its episodes; existing episodes are reused.")] = None,
    workers: Workers = None,
) -> None:
    """Run an agent on a suite and pack its results into an entry that others can check."""
    from ipagym.bench.leaderboard.entry import Asked, submit
    from ipagym.bench.leaderboard.suite import load_suite

    loaded = load_suite(suite)
    folder = work if work is not None else out.with_name(f"{out.name}.work")
    written = submit(loaded, Asked(name or agent, agent), work=folder, out=out, workers=checked_workers(workers))
    print(f"{len(written.fingerprints)} tasks and {len(written.seeds)} seeds of {written.suite} written to {out}")


@app.command("verify", epilog=epilog("leaderboard verify"))
def verify(
    entry: Annotated[Path, typer.Argument(help="The file of an entry.")],
    cells: Annotated[int, typer.Option(min=0, help="Number of episodes to run again, chosen at random.")] = 3,
    draw: Annotated[int | None, typer.Option(help="Seed of this choice. Default: a new one.")] = None,
    workers: Workers = None,
) -> None:
    """Check all hashes and figures of an entry, and run some of its episodes again. This runs the agent's code.

    Exit code 2 if anything differs; one line names the difference.
    """
    import random

    from ipagym.bench.leaderboard.checks import read_entry
    from ipagym.bench.leaderboard.rerun import run_again, some_cells

    found = read_entry(entry)
    again = some_cells(found, cells, random.Random(draw))  # noqa: S311 - a sample, no secret
    run_again(found, again, checked_workers(workers))
    told = ", ".join(f"{name} seed {seed}" for name, seed in again) or "none"
    who = f"{found.manifest.agent} on {found.suite.name}"
    print(f"{entry} is correct: {who}, {len(found.cells)} episodes; run again: {told}")


@app.command("merge", epilog=epilog("leaderboard merge"))
def merge(
    folder: Annotated[Path, typer.Argument(help="Folder of a leaderboard that was run.")],
    entries: Annotated[list[Path], typer.Argument(help="Entry files for the same suite.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the merged tables. Default: print only.")] = None,
) -> None:
    """Print one leaderboard of a run and of entries. Entries' hashes and figures are checked; nothing is run again."""
    from ipagym.bench.leaderboard.merge import merge
    from ipagym.bench.leaderboard.table import write_tables

    board = merge(folder, entries)
    if out is not None:
        write_tables(board, out)
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
