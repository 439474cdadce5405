"""`ipagym list`: what there is to choose from."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table


def catalogue(
    agents: Annotated[bool, typer.Option("--agents", help="Agents only, by family, with the knobs they turn.")] = False,
) -> None:
    """List scenarios, workloads, agents and mixtures of faults, with a sentence each."""
    from rich.table import Table

    from ipagym.agents import AGENTS
    from ipagym.agents.external import installed_entries
    from ipagym.cli.console import console
    from ipagym.envs.scenarios import descriptions
    from ipagym.task.faults import DESCRIPTIONS
    from ipagym.workload import WORKLOADS

    screen = console()
    if agents:
        screen.print(agents_table())
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("kind", "name", "what it is"):
        table.add_column(heading, overflow="fold")
    for name, description in descriptions().items():
        table.add_row("scenario", name, description)
    for name, description in WORKLOADS.items():
        table.add_row("workload", name, description)
    for name, entry in (AGENTS | installed_entries()).items():
        table.add_row("agent", spelling(name, entry.argument), entry.description)
    for name, description in DESCRIPTIONS.items():
        table.add_row("faults", name, description)
    screen.print(table)


def agents_table() -> "Table":
    """Every agent, those of installed packages too, with its family, its spelling and its knobs."""
    from rich.table import Table

    from ipagym.agents import AGENTS
    from ipagym.agents.external import installed_entries
    from ipagym.model.knobs import KNOB_NAMES

    table = Table(box=None, pad_edge=False)
    for heading in ("family", "agent", "turns", "what it is"):
        table.add_column(heading, overflow="fold")
    for name, entry in sorted((AGENTS | installed_entries()).items(), key=lambda each: each[1].family):
        knobs = " ".join(knob for knob in KNOB_NAMES if knob in entry.turns) or "none"
        table.add_row(entry.family, spelling(name, entry.argument), knobs, entry.description)
    return table


def spelling(name: str, argument: str) -> str:
    """The spelling of the agent on the command line, brackets around what may be left out."""
    if not argument:
        return name
    return f"{name}[:{argument.strip('[]')}]" if argument.startswith("[") else f"{name}:{argument}"
