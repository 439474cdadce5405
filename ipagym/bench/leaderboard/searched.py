"""Agents that search long for a setting before they act: searched once for each task, kept, and made from what is kept.

In a comparison every worker process makes its agents anew, and would search again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from ipagym.agents import AgentSpec
from ipagym.agents.simple.best_constant import best_constant
from ipagym.agents.simple.static import Fixed
from ipagym.agents.wrappers.tuned import scaled, tuned_factor
from ipagym.bench.leaderboard.suite import Group
from ipagym.bench.storage.code_mark import package_mark
from ipagym.bench.storage.targets import configuration_from, text_of
from ipagym.model.agent import Agent
from ipagym.system.errors import IpagymError
from ipagym.system.files import write_atomically
from ipagym.system.processes import as_they_finish
from ipagym.system.progress import Tick
from ipagym.task.scenario import Scenario

FOLDER = "searched"


@dataclass(frozen=True, slots=True)
class Search:
    """One that is searched, on one task."""

    agent: str
    scenario: Scenario

    def path(self, folder: Path) -> Path:
        """The file that keeps what is found; it depends on all code and on the task."""
        key = f"{package_mark()} {self.scenario.digest()} {self.agent}"
        return folder / FOLDER / f"{sha256(key.encode()).hexdigest()[:24]}.json"


def is_searched(agent: str) -> bool:
    """True for one that is searched before it acts."""
    spec = AgentSpec.parse(agent)
    return spec.pins is None and ((spec.name, spec.argument) == ("static", "best") or spec.name == "tuned")


def search_all(groups: Sequence[Group], folder: Path, workers: int, tick: Tick) -> Mapping[tuple[str, str], str]:
    """What is found for every agent that is searched, by group and name; what `folder` has is not searched again."""
    wanted = {(group.name, name): Search(spec, group.scenario)
              for group in groups for name, spec in group.agents.items() if is_searched(spec)}  # fmt: skip
    by_path = {each.path(folder): each for each in wanted.values()}
    missing = [partial(_search, each, path) for path, each in by_path.items() if not path.exists()]
    for done, _ in enumerate(as_they_finish(missing, workers), 1):
        tick(done, len(missing))
    return {key: _read(each.path(folder)) for key, each in wanted.items()}


def maker(agent: str, found: str) -> Callable[[Scenario], Agent]:
    """What makes the agent from what was found; its values are texts, which the code mark knows."""
    spec = AgentSpec.parse(agent)
    return partial(_constant, found) if spec.name == "static" else partial(_tuned, spec.argument or "", found)


def _constant(found: str, scenario: Scenario) -> Agent:
    return Fixed(configuration_from(found))


def _tuned(planner: str, found: str, scenario: Scenario) -> Agent:
    return scaled(planner, scenario, float(found))


def _search(search: Search, path: Path) -> None:
    """Search, and keep what is found; the path is the parent's, whatever code is on disk by now."""
    spec = AgentSpec.parse(search.agent)
    if spec.name == "static":
        found = text_of(best_constant(search.scenario))
    else:
        found = repr(tuned_factor(spec.argument or "", search.scenario))
    write_atomically(path, json.dumps(found).encode())


def _read(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise IpagymError(f"{path} cannot be read: remove it, and it is searched again") from error
