"""A comparison by its parts."""

from collections.abc import Callable, Mapping
from typing import Any

from ipagym.bench.comparison.compare import Plan
from ipagym.bench.comparison.compare import compare as compare_plan
from ipagym.bench.comparison.executors import Executor
from ipagym.bench.comparison.results import Comparison
from ipagym.model.agent import Agent
from ipagym.task.scenario import Scenario


def compare(
    scenario: Scenario,
    agents: Mapping[str, Callable[[], Agent]],
    *,
    workers: int = 1,
    executor: Executor | None = None,
    **rest: Any,
) -> Comparison:
    """What `ipagym.bench.comparison.compare.compare` makes of a plan with these agents on a scenario."""
    return compare_plan(Plan(scenario=scenario, agents=agents, **rest), workers=workers, executor=executor)
