"""`ipagym list`: the available scenarios, workloads, agents and faults."""

from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.cli.output import AsCsv, AsJson, check_column, csv_of, form_of, json_of, ordered, write

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

HEADINGS = {"description": "what it is"}
"""Headings of the printed table that differ from the names of the columns."""


def catalogue(
    agents: Annotated[bool, typer.Option("--agents", help="Agents only, by family, with the knobs they turn.")] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    sort: Annotated[str | None, typer.Option(help="Column to sort by; -COLUMN: descending.")] = None,
) -> None:
    """List scenarios, workloads, agents and mixtures of faults, each with a short description."""
    from ipagym.cli.console import console

    form = form_of(as_json=as_json, as_csv=as_csv)
    frame = agents_frame() if agents else everything_frame()
    check_column(sort, frame.columns)
    found = ordered(frame, sort)
    if form == "table":
        console().print(_table(found))
    else:
        write(json_of(found) if form == "json" else csv_of(found))


def everything_frame() -> "pd.DataFrame":
    """All choices of each kind, including agents of installed packages: columns kind, name and description."""
    import pandas as pd

    from ipagym.agents import AGENTS
    from ipagym.agents.external import installed_entries
    from ipagym.envs.scenarios import descriptions
    from ipagym.task.faults import DESCRIPTIONS
    from ipagym.workload import WORKLOADS

    agents = AGENTS | installed_entries()
    kinds = {
        "scenario": descriptions(),
        "workload": WORKLOADS,
        "agent": {spelling(name, entry.argument): entry.description for name, entry in agents.items()},
        "faults": DESCRIPTIONS,
    }
    rows = [(kind, name, text) for kind, named in kinds.items() for name, text in named.items()]
    return pd.DataFrame(rows, columns=["kind", "name", "description"])


def agents_frame() -> "pd.DataFrame":
    """Every agent by family, including agents of installed packages: columns family, agent, turns and description."""
    import pandas as pd

    from ipagym.agents import AGENTS
    from ipagym.agents.external import installed_entries
    from ipagym.model.knobs import KNOB_NAMES

    rows = []
    for name, entry in sorted((AGENTS | installed_entries()).items(), key=lambda each: each[1].family):
        knobs = " ".join(knob for knob in KNOB_NAMES if knob in entry.turns) or "none"
        rows.append((entry.family, spelling(name, entry.argument), knobs, entry.description))
    return pd.DataFrame(rows, columns=["family", "agent", "turns", "description"])


def _table(frame: "pd.DataFrame") -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in frame.columns:
        table.add_column(HEADINGS.get(name, name), overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*map(str, row))
    return table


def spelling(name: str, argument: str) -> str:
    """The agent as written on the command line, with brackets around optional parts."""
    if not argument:
        return name
    return f"{name}[:{argument.strip('[]')}]" if argument.startswith("[") else f"{name}:{argument}"
