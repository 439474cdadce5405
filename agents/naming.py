"""How agents are asked for: `name`, `name:argument`, either with `@` and what is to be pinned."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AgentName:
    """The parts of what was asked for; None stands for what is not there."""

    name: str
    argument: str | None = None
    pins: str | None = None


def parts_of(spec: str) -> AgentName:
    """The parts of `name:argument@pins`; an @ belongs to the argument where that is how a file is called."""
    name, colon, rest = spec.partition(":")
    if not colon or "@" in name:
        name, at, pins = spec.partition("@")
        return AgentName(name, None, pins if at else None)
    ends = [index for index, character in enumerate(rest) if character == "@"]
    whole = [end for end in (*ends, len(rest)) if end and _exists(Path(rest[:end]))]
    end = whole[-1] if whole else ends[0] if ends else len(rest)
    return AgentName(name, rest[:end], rest[end + 1 :] if end < len(rest) else None)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
