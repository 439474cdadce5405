"""The syntax of agents: `name` or `name:argument`, optionally with `@` and pinned knobs; several are comma-separated.
The argument may be a path that contains these signs: an existing path is taken whole, and the longest one if several
exist. `ppo:runs/a@n=4` is the file or folder `runs/a@n=4` if it exists, otherwise `runs/a` with four pinned replicas. A
name with a colon that is not in the catalogue or an installed package is an import path, `module:Class`.
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
    """A requested agent; `argument` and `pins` are None without their sign. `name` is in the catalogue or an installed
    package, or it is an import path. `str()` returns the original text.
    """

    name: str
    argument: str | None = None
    pins: str | None = None

    @classmethod
    def parse(cls, text: str) -> "AgentSpec":
        """The agent in the text, whether or not it exists."""
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
        """The catalogue's entry; for an agent from outside of the package, the general one.

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
    """The agents in a comma-separated list; commas in existing paths do not separate."""
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
    """The longest existing path among those that end at the end of the text or before an @."""
    ends = [len(rest), *(sign.start() for sign in reversed(list(re.finditer("@", rest))))]
    return next((rest[:end] for end in ends if exists(rest[:end])), None)


def exists(path: str) -> bool:
    """True if there is a file or folder of that name; false for invalid names."""
    try:
        return bool(path) and Path(path).exists()
    except (OSError, ValueError):
        return False
