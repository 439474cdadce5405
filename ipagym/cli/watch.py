"""`ipagym watch`: live display of a run or of an episode."""

from pathlib import Path
from time import sleep
from typing import Annotated

import typer

from ipagym.system.errors import InputError

EVERY_S = 1.0
"""Seconds between two reads of a folder."""

REFRESH_S = 5.0
"""Seconds between two updates in a browser."""


def watch(
    target: Annotated[
        str,
        typer.Argument(help="Folder of a comparison, a leaderboard or a training; with --agent, a scenario."),
    ],
    agent: Annotated[str | None, typer.Option(help="Simulate an episode of this agent and show its windows.")] = None,
    workload: Annotated[str | None, typer.Option(help="Load of the episode, instead of the scenario's.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the episode.")] = 0,
    rate: Annotated[float, typer.Option(help="Windows to show per second at most.")] = 5.0,
    web: Annotated[bool, typer.Option("--web", help="Show the folder in the browser of this machine.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for --web; 0 takes a free one.")] = 0,
) -> None:
    """Show progress, latest figures and remaining time of a run until it is finished. If the output is not a terminal,
    show the current state once.
    """
    if agent is not None:
        if web:
            raise InputError("--web shows a folder, --agent an episode: give one of them")
        if not 0 < rate < float("inf"):
            raise InputError(f"--rate must be above 0 and finite, not {rate}")
        _episode(target, agent, workload, seed=seed, rate=rate)
    elif workload is not None:
        raise InputError("--workload goes with --agent: a folder has its own")
    elif web:
        _serve(Path(target), port)
    else:
        _follow(Path(target))


def _follow(folder: Path) -> None:
    from rich.live import Live

    from ipagym.bench.watch.look import look
    from ipagym.bench.watch.screen import drawn
    from ipagym.cli.console import console

    screen = console()
    with Live(console=screen, auto_refresh=False) as live:
        while True:
            watched = look(folder)
            live.update(drawn(watched), refresh=True)
            if watched.is_finished or not screen.is_terminal:
                return
            sleep(EVERY_S)


def _serve(folder: Path, port: int) -> None:
    from ipagym.bench.watch.web import HERE, server

    with server(folder, port, REFRESH_S) as serving:
        print(f"{folder} at http://{HERE}:{serving.server_port}/ until Ctrl-C", flush=True)
        serving.serve_forever()


def _episode(scenario: str, agent: str, workload: str | None, *, seed: int, rate: float) -> None:
    from rich.live import Live

    from ipagym.agents import make_agent
    from ipagym.bench.watch.episode import watch_episode
    from ipagym.cli.console import console
    from ipagym.cluster.sim import ENGINES
    from ipagym.envs.scenarios import make_scenario

    task = make_scenario(scenario, workload)
    made = make_agent(agent, task)
    with Live(console=console(), auto_refresh=False) as live:
        watch_episode(
            made,
            ENGINES["compiled"](task),
            task,
            seed=seed,
            rate=rate,
            show=lambda what: live.update(what, refresh=True),
        )
