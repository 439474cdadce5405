"""The data of the page, as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

from ipagym.bench.comparison.results import Comparison
from ipagym.bench.comparison.summary import METRICS, REGRET, AgentSummary, Metric
from ipagym.bench.drawing.looks import DARK_PALETTE, PALETTE, PLOTLY_DASHES, looks
from ipagym.bench.report.differences import METRICS as COMPARED
from ipagym.bench.report.differences import differences
from ipagym.bench.report.latencies import LEVELS, quantiles
from ipagym.bench.report.numbers import short, shorts
from ipagym.bench.report.profiles import profiles
from ipagym.bench.report.timelines import timeline

ORDER = (
    "violation_percent", "cores", "pas_percent", "drop_percent", "latency_p50_s", "latency_p99_s", "reward", "regret",
    "decision_ms",
)  # fmt: skip
"""The metrics of the page, in its order: what any two tasks have in common stands before the reward."""


def shown_metrics(tasks: Mapping[str, Comparison]) -> list[Metric]:
    """The metrics that any task has, in the order of the page."""
    known = {key for task in tasks.values() for each in task.summaries for key in each.estimates}
    return sorted((each for each in (*METRICS, REGRET) if each.key in known), key=lambda each: ORDER.index(each.key))


def content(tasks: Mapping[str, Comparison]) -> dict[str, Any]:
    """The data behind the page: what holds for all, and a part for each task. Numbers have four digits."""
    agents, metrics = all_agents(tasks), shown_metrics(tasks)
    return {
        "agents": agents,
        "looks": _looks(agents),
        "metrics": {metric.key: heading(metric) for metric in metrics},
        "compared": list(COMPARED),
        "levels": shorts(LEVELS),
        "profiles": profiles({name: task.episodes for name, task in tasks.items()}, agents),
        "tasks": [_task(name, task, agents, metrics) for name, task in tasks.items()],
    }


def all_agents(tasks: Mapping[str, Comparison]) -> list[str]:
    """The agents of all tasks, in the order in which they are met."""
    return list(dict.fromkeys(each.agent for task in tasks.values() for each in task.summaries))


def heading(metric: Metric) -> str:
    """The name of a metric with its unit, on one line."""
    return metric.heading.replace("\n", " ")


def _looks(agents: Sequence[str]) -> dict[str, Any]:
    """The palettes of both themes, the dashes, and for each agent its places in them."""
    return {
        "palette": {"light": list(PALETTE), "dark": list(DARK_PALETTE)},
        "dashes": list(PLOTLY_DASHES),
        "agents": [[look.colour, look.dash] for look in looks(agents).values()],
    }


def _task(name: str, task: Comparison, agents: Sequence[str], metrics: Sequence[Metric]) -> dict[str, Any]:
    """Agents are numbered as in the whole page, as are the lists of the parts."""
    names = [each.agent for each in task.summaries]
    return {
        "name": name,
        "slo_s": short(task.manifest.slo_s),
        "seeds": len(task.manifest.seeds),
        "agents": [agents.index(each) for each in names],
        "pareto": [each.pareto for each in task.summaries],
        "means": {metric.key: shorts(_means(task.summaries, metric)) for metric in metrics},
        "ci95": {metric.key: shorts(_half_widths(task.summaries, metric)) for metric in metrics},
        "differences": differences(task.episodes, names),
        "latency_s": quantiles(task.out, names, task.manifest.seeds),
        "timeline": timeline(task.windows, names),
    }


def _means(summaries: Sequence[AgentSummary], metric: Metric) -> list[float | None]:
    return [each.estimates[metric.key].mean if metric.key in each.estimates else None for each in summaries]


def _half_widths(summaries: Sequence[AgentSummary], metric: Metric) -> list[float | None]:
    return [each.estimates[metric.key].half_width if metric.key in each.estimates else None for each in summaries]
