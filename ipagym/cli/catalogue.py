"""`ipagym list`: what there is to choose from."""


def catalogue() -> None:
    """List scenarios, workloads, agents and mixtures of faults, with a sentence each."""
    from rich.console import Console
    from rich.table import Table

    from ipagym.agents import AGENTS
    from ipagym.envs.scenarios import descriptions
    from ipagym.faults import DESCRIPTIONS
    from ipagym.workload import WORKLOADS

    table = Table(box=None, pad_edge=False)
    for heading in ("kind", "name", "what it is"):
        table.add_column(heading, overflow="fold")
    for name, description in descriptions().items():
        table.add_row("scenario", name, description)
    for name, description in WORKLOADS.items():
        table.add_row("workload", name, description)
    for name, entry in AGENTS.items():
        table.add_row("agent", _spelling(name, entry.argument), entry.description)
    for name, description in DESCRIPTIONS.items():
        table.add_row("faults", name, description)
    Console(emoji=False, markup=False).print(table)


def _spelling(name: str, argument: str) -> str:
    """How to write the agent on the command line, brackets around what may be left out."""
    if not argument:
        return name
    return f"{name}[:{argument.strip('[]')}]" if argument.startswith("[") else f"{name}:{argument}"
