"""The spelling of agents: `name`, `name:argument`, either with `@` and what is to be pinned; several between commas.

The argument may be a path, in which all of these signs may stand: a path that exists is taken whole, and the longest
one where several exist. `ppo:runs/a@n=4` is the file or folder `runs/a@n=4` where there is one, else `runs/a` with four
replicas pinned. A name with a colon that is neither of the catalogue nor of an installed package is an import path,
`module:Class`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ipagym.agents.catalogue import AGENTS, AgentEntry
from ipagym.agents.external import ANY, installed, unknown_agent
from ipagym.system.import_path import is_import_path


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent as it was asked for; `argument` and `pins` are none where their sign does not stand.

    `name` is of the catalogue or of an installed package, or an import path. `str()` writes it as it was asked for.
    """

    name: str
    argument: str | None = None
    pins: str | None = None

    @classmethod
    def parse(cls, text: str) -> "AgentSpec":
        """The agent that the text asks for, whether or not there is one of that name."""
        name, sign, rest = _first(text, ":@")
        if sign != ":":
            return cls(name, None, rest if sign else None)
        argument = (_existing(rest) if _takes_path(name) else None) or rest.partition("@")[0]
        pins = rest[len(argument) + 1 :] if len(argument) < len(rest) else None
        is_named = name in AGENTS or name in installed()
        return cls(name, argument, pins) if is_named else cls(f"{name}:{argument}", None, pins)

    def __str__(self) -> str:
        argument = "" if self.argument is None else f":{self.argument}"
        return f"{self.name}{argument}{'' if self.pins is None else f'@{self.pins}'}"

    @property
    def entry(self) -> AgentEntry:
        """The catalogue's entry; for an agent from outside of the package, one that says nothing of it.

        Raises:
            InputError: unknown name.
        """
        if self.name in AGENTS:
            return AGENTS[self.name]
        if is_import_path(self.name) or self.name in installed():
            return ANY
        raise unknown_agent(self.name)

    @property
    def path(self) -> Path | None:
        """The file or folder that the argument names."""
        return Path(self.argument) if self.argument and self.entry.takes_path and exists(self.argument) else None


def split_specs(text: str) -> list[str]:
    """The agents in a list between commas; a comma in a path that exists separates nothing."""
    parts, specs = text.split(","), list[str]()
    while parts:
        taken = _pieces_of_a_path(parts)
        specs.append(",".join(parts[:taken]).strip())
        parts = parts[taken:]
    return [spec for spec in specs if spec]


def _takes_path(name: str) -> bool:
    return name in AGENTS and AGENTS[name].takes_path


def _pieces_of_a_path(parts: Sequence[str]) -> int:
    """The number of parts, from the first on, that make up one agent."""
    name, sign, _ = _first(parts[0].strip(), ":@")
    if sign != ":" or not _takes_path(name):
        return 1
    for taken in range(len(parts), 1, -1):
        rest = ",".join(parts[:taken]).strip()[len(name) + 1 :]
        if "," not in rest[len(_existing(rest) or "") :]:
            return taken
    return 1


def _first(text: str, signs: str) -> tuple[str, str, str]:
    """The text before the first of the signs, the sign, and the text after it."""
    before = re.split(f"[{signs}]", text, maxsplit=1)[0]
    return before, text[len(before) : len(before) + 1], text[len(before) + 1 :]


def _existing(rest: str) -> str | None:
    """The longest path that exists among those that end where the text does, or before an @."""
    ends = [len(rest), *(sign.start() for sign in reversed(list(re.finditer("@", rest))))]
    return next((rest[:end] for end in ends if exists(rest[:end])), None)


def exists(path: str) -> bool:
    """True if there is a file or folder of that name; false for names that none can have."""
    try:
        return bool(path) and Path(path).exists()
    except (OSError, ValueError):
        return False
