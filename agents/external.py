"""Agents from outside of the package: a class, a function or an object in a module of the user. They are named by
import path, such as `my_agents:MyAgent` (also from the working folder), or by the entry points of installed packages in
the group `ipagym.agents`. A class or function is called without an argument, or with the scenario if it has one
parameter without a default; an object is copied.
"""

import inspect
from copy import deepcopy
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from ipagym.agents.catalogue import AGENTS, EVERY, AgentEntry
from ipagym.model.agent import Agent
from ipagym.system.errors import InputError, unknown_name
from ipagym.system.files import is_file
from ipagym.system.import_path import as_input_error, attribute_of, import_by_user
from ipagym.task.scenario import Scenario

GROUP = "ipagym.agents"

ANY = AgentEntry("from outside of the package", "installed", EVERY)
"""The entry for unknown agents: they may turn every knob, and serve every scenario."""


def installed() -> dict[str, EntryPoint]:
    """The agents of installed packages by name; those of the catalogue cannot be replaced."""
    return {point.name: point for point in sorted(entry_points(group=GROUP)) if point.name not in AGENTS}


def installed_entries() -> dict[str, AgentEntry]:
    """Catalogue entries for them; nothing is imported."""
    return {name: AgentEntry(f"{_origin(point)}: {point.value}", "installed", EVERY)
            for name, point in installed().items()}  # fmt: skip


def find(name: str) -> object:
    """The class, function or object of that name.

    Raises:
        InputError: it does not exist, or the import of its module fails.
    """
    point = installed().get(name)
    path = f"{point.module}:{point.attr}" if point else name
    module = path.partition(":")[0]
    try:
        return attribute_of(import_by_user(module, f"agent {name}"), path, "agent")
    except ModuleNotFoundError:
        raise _no_module(module) from None


def version_of(name: str) -> str:
    """The package and its version if the name is that of an installed agent; otherwise empty."""
    point = installed().get(name)
    return _origin(point) if point else ""


def build(target: object, scenario: Scenario, name: str) -> Agent:
    """The agent that a class or function makes; a copy of a given object.

    Raises:
        InputError: the result is not an agent.
    """
    with as_input_error(f"agent {name} cannot be made"):
        agent = _call(target, scenario, name) if callable(target) else deepcopy(target)
    if inspect.isclass(agent) or not isinstance(agent, Agent):
        lacking = [method for method in ("reset", "decide") if not hasattr(agent, method)]
        raise InputError(
            f"{name} is no agent: {type(agent).__name__} lacks {' and '.join(lacking) or 'an object'}; "
            "give a class, function or object with reset(pipeline, limits, rng) and decide(window)"
        )
    return agent


def _call(target: object, scenario: Scenario, name: str) -> object:
    assert callable(target)
    if isinstance(target, Agent) and not inspect.isclass(target):
        return deepcopy(target)
    needed = _parameters_without_default(target)
    if needed > 1:
        raise InputError(f"agent {name} needs {needed} arguments: it may take none, or the scenario")
    return target(scenario) if needed else target()


def _parameters_without_default(target: object) -> int:
    assert callable(target)
    try:
        parameters = inspect.signature(target).parameters.values()
    except (ValueError, TypeError):  # some functions in C have no signature
        return 0
    starred = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return sum(each.default is inspect.Parameter.empty and each.kind not in starred for each in parameters)


def unknown_agent(name: str) -> InputError:
    """The error for a name that is not in the catalogue or an installed package, and is not an import path."""
    if is_file(Path(f"{name}.py")):
        return InputError(f"agent {name} is a module: name what makes an agent there, as in {name}:MyAgent")
    return unknown_name("agent", name.partition(":")[0], [*AGENTS, *installed()])


def _no_module(module: str) -> InputError:
    here = [path.stem for path in Path.cwd().glob("*.py")]
    near = get_close_matches(module, [*AGENTS, *installed(), *here], n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"put {module.split('.')[0]}.py into the working folder"
    return InputError(f"unknown agent {module!r}, and no module of that name: {remedy}")


def _origin(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an installed package"
