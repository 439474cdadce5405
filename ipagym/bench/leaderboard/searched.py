"""Agents with a long search before they act: all searches of a suite run in parallel before its episodes. Their results
are stored (`ipagym.bench.storage.findings`), so that no episode searches again.
"""

from collections.abc import Sequence
from functools import partial

from ipagym.agents import AgentSpec
from ipagym.agents.simple.best_constant import best_constant
from ipagym.agents.wrappers.tuned import tuned_factor
from ipagym.bench.leaderboard.suite import Group
from ipagym.system.processes import as_they_finish
from ipagym.system.progress import Tick
from ipagym.task.scenario import Scenario


def search_all(groups: Sequence[Group], workers: int, tick: Tick) -> None:
    """Search for every agent that does; what was found before is not searched for again."""
    wanted = {
        (AgentSpec.parse(text), group.scenario.digest()): group.scenario
        for group in groups
        for text in group.agents.values()
        if is_searched(text)
    }
    tasks = [partial(_search, spec, scenario) for (spec, _), scenario in wanted.items()]
    for done, _ in enumerate(as_they_finish(tasks, workers), 1):
        tick(done, len(tasks))


def is_searched(agent: str) -> bool:
    """True for one that searches before it acts."""
    spec = AgentSpec.parse(agent)
    return spec.pins is None and ((spec.name, spec.argument) == ("static", "best") or spec.name == "tuned")


def _search(spec: AgentSpec, scenario: Scenario) -> None:
    if spec.name == "static":
        best_constant(scenario)
    else:
        tuned_factor(spec.argument or "", scenario)
