"""The agents of a comparison: given by name, or as classes, functions or objects."""

import logging
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from hashlib import sha256
from inspect import isclass, isroutine
from itertools import count
from pathlib import Path
from uuid import uuid4

from ipagym.agents import USUAL, AgentSpec, kept_by, make_agent, suitable
from ipagym.agents.autoscalers.manifests.plan import plan_of
from ipagym.agents.autoscalers.manifests.read import Manifests, autoscalers_of
from ipagym.agents.autoscalers.manifests.rules import scaled_by
from ipagym.agents.catalogue import AGENTS, EVERY
from ipagym.agents.external import build, find, version_of
from ipagym.agents.learned.zoo import zoo_path
from ipagym.agents.spec import split_specs
from ipagym.bench.storage.code_mark import code_mark
from ipagym.model.agent import Agent
from ipagym.system.errors import InputError
from ipagym.system.files import is_file
from ipagym.task.scenario import Scenario

LOGGER = logging.getLogger("ipagym")

Given = str | AgentSpec | Agent | Manifests | Callable[[], Agent] | Callable[[Scenario], Agent]
"""An agent by name, an agent or its factory, or manifests of autoscalers."""

AllGiven = Given | Sequence[Given] | Mapping[str, Given] | None
"""One agent, several, or several with names chosen by the caller."""


class Origin(Enum):
    """The place of a contestant's code: the package, a module that any process can import, or this process."""

    PACKAGE = "package"
    MODULE = "module"
    PROCESS = "process"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """An agent with its name in tables and its factory. `fingerprint` changes with everything that defines it beside
    the factory's code: a checkpoint, a manifest, a module of the user, the state of an object. `keeps` has the knobs
    that it does not change. `origin` is the place of its code.
    """

    name: str
    make: Callable[[], Agent]
    fingerprint: str
    keeps: str
    origin: Origin


def contestants(given: AllGiven, scenario: Scenario) -> tuple[Contestant, ...]:
    """The given agents; each is made once as a check. A text holds comma-separated names, or is `all`: every agent of
    the catalogue that suits the scenario. The default is the usual agents that suit it. Agents not given by name have
    the name of their class, function or autoscalers, with a number if that name is taken.

    Raises:
        InputError: one cannot be made, or two have the same name.
    """
    return tuple(_contestant(name, each, scenario) for name, each in _named(given, scenario))


def check_sendable(all_of_them: Iterable[Contestant]) -> None:
    """Refuse agents that another process of this machine cannot make.

    Raises:
        InputError: naming the agent.
    """
    for each, sent in _sent(all_of_them):
        if b"__main__" in sent and not is_file(Path(getattr(sys.modules["__main__"], "__file__", ""))):
            raise _not_sendable(each.name, "it is defined in an interactive session")


def check_importable(all_of_them: Iterable[Contestant]) -> None:
    """Refuse agents that another machine cannot make, because it does not have the running script.

    Raises:
        InputError: naming the agent.
    """
    for each, sent in _sent(all_of_them):
        if b"__main__" in sent:
            raise InputError(f"{each.name} cannot be made on another machine (it is defined in the script itself): "
                             "define it in a module, or set no ray")  # fmt: skip


def _sent(all_of_them: Iterable[Contestant]) -> Iterator[tuple[Contestant, bytes]]:
    """Each agent with its pickled factory.

    Raises:
        InputError: naming an agent that cannot be pickled.
    """
    for each in all_of_them:
        try:
            yield each, pickle.dumps(each.make)
        except Exception as error:
            raise _not_sendable(each.name, str(error)) from error


def _not_sendable(name: str, reason: str) -> InputError:
    return InputError(f"{name} cannot be made in another process ({reason}): define it in a module, or set workers=1")


def _named(given: AllGiven, scenario: Scenario) -> list[tuple[str, Given]]:
    if isinstance(given, Mapping):
        return list(given.items())
    named = [(_name(each), each) for each in listed(given, scenario)]
    by_text = [name for name, each in named if isinstance(each, str | AgentSpec)]
    if len(set(by_text)) < len(by_text):
        raise InputError(f"an agent is named twice: {', '.join(by_text)}")
    taken = set(by_text)
    return [(name if isinstance(each, str | AgentSpec) else _free(name, taken), each) for name, each in named]


def listed(given: Given | Sequence[Given] | None, scenario: Scenario) -> Sequence[Given]:
    """The given agents as a list; by default the usual suitable ones, for the text `all` every suitable one."""
    if given is None:
        return [name for name in suitable(scenario) if name in USUAL]
    if isinstance(given, str):
        return suitable(scenario) if given.strip() == "all" else split_specs(given)
    return given if isinstance(given, Sequence) else [given]


def _name(given: Given) -> str:
    if isinstance(given, str | AgentSpec):
        return str(given)
    if isinstance(given, Manifests):
        name = autoscalers_of(given).name
        # Not to be confused with the package's agent of that name.
        return f"manifest-{name}" if name in AGENTS else name
    return given.__name__ if isclass(given) or isroutine(given) else type(given).__name__


def _free(name: str, taken: set[str]) -> str:
    """The name, or the first of `name-2`, `name-3` and so on that is not taken; taken from now on."""
    numbered = (f"{name}-{number}" for number in count(2))
    free = name if name not in taken else next(each for each in numbered if each not in taken)
    taken.add(free)
    return free


def _contestant(name: str, given: Given, scenario: Scenario) -> Contestant:
    if isinstance(given, Manifests):
        return _of_manifests(name, given, scenario)
    if isinstance(given, str | AgentSpec):
        spec = AgentSpec.parse(given) if isinstance(given, str) else given
        make: Callable[[], Agent] = partial(make_agent, str(spec), scenario)  # the code mark includes texts
        turns, fingerprint = spec.entry.turns, partial(_behind, spec)
        origin = Origin.PACKAGE if spec.name in AGENTS else Origin.MODULE
    else:
        make = partial(build, given, scenario, name)
        turns, fingerprint, origin = EVERY, partial(_version, given), Origin.PROCESS
    keeps = kept_by(make(), turns, scenario)
    return Contestant(name=name, make=make, keeps=keeps, fingerprint=fingerprint(), origin=origin)


def _of_manifests(name: str, given: Manifests, scenario: Scenario) -> Contestant:
    """The autoscalers together; messages about parts that are skipped or apply differently are logged here, once."""
    plan = plan_of(given, scenario.pipeline, scenario.limits)
    for line in plan.notes:
        LOGGER.warning(line)
    make = partial(scaled_by, plan.settings)
    keeps = kept_by(make(), plan.turns, scenario)
    return Contestant(name=name, make=make, keeps=keeps, fingerprint=given.fingerprint, origin=Origin.PACKAGE)


def _behind(spec: AgentSpec) -> str:
    """The hash of the file that the argument names, if any; for an agent from outside of the package, its code."""
    if spec.name not in AGENTS:
        return f"{version_of(spec.name)} {_version(find(spec.name))}".strip()
    if spec.name == "zoo":
        return _content(zoo_path(spec.argument or ""))
    return _content(spec.path) if spec.path else ""


def _content(path: Path) -> str:
    files = sorted(path.glob("*.npz")) if path.is_dir() else [path]
    return sha256(b"".join(sha256(file.read_bytes()).digest() for file in files if file.is_file())).hexdigest()


def _version(target: object) -> str:
    """The mark of the code of a class or function; for an object, that of its class, and its state."""
    if isclass(target) or isroutine(target) or (callable(target) and not isinstance(target, Agent)):
        return code_mark(target)
    return f"{code_mark(type(target))} {_state(target)}"


def _state(target: object) -> str:
    """A hash of the object's state; a new one each time if the object cannot be pickled."""
    try:
        return sha256(pickle.dumps(target, protocol=5)).hexdigest()[:16]
    except Exception:
        return uuid4().hex
