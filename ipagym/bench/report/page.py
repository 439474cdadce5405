"""The page: the template filled with the results."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from math import isfinite
from typing import Any

import ipagym
from ipagym.bench.comparison.results import Comparison
from ipagym.bench.comparison.summary import AgentSummary, Metric
from ipagym.bench.report.bundles import read_bundles
from ipagym.bench.report.content import all_agents, content, heading, shown_metrics

SCRIPTS = ("data.js", "style.js", "overviews.js", "timelines.js", "controls.js")
"""One module in parts, in their order."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in a table: what is read, what it is filtered by, and what it is sorted by."""

    text: str
    value: str
    order: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """An agent on a task."""

    task: str
    agent: str
    number: int
    pareto: bool
    cells: Sequence[Cell]
    keeps: str


def page(title: str, tasks: Mapping[str, Comparison]) -> str:
    """The report of the comparisons as HTML, which needs nothing but a browser.

    Raises:
        InputError: a package of the extra `report` is missing.
    """
    bundles = read_bundles()
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader(__package__)
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    rows = _rows(tasks)
    return made.get_template("report.html").render(
        title=title,
        bundles=bundles,
        style=_text("report.css"),
        script="\n".join(map(_text, SCRIPTS)),
        data=_json(content(tasks)),
        headings=[heading(metric) for metric in shown_metrics(tasks)],
        rows=rows,
        agents=[(name, [row for row in rows if row.agent == name]) for name in all_agents(tasks)],
        tasks=tasks,
        manifests={name: json.dumps(asdict(task.manifest), indent=2) for name, task in tasks.items()},
        version=ipagym.__version__,
    )


def _text(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


def _json(data: Mapping[str, Any]) -> str:
    """Data that can stand in a script element: no text in it ends the element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c")


def _rows(tasks: Mapping[str, Comparison]) -> list[Row]:
    metrics = shown_metrics(tasks)
    numbers = {name: number for number, name in enumerate(all_agents(tasks))}
    return [
        Row(
            task=task,
            agent=each.agent,
            number=numbers[each.agent],
            pareto=each.pareto,
            cells=[_cell(each, metric) for metric in metrics],
            keeps=each.keeps,
        )
        for task, comparison in tasks.items()
        for each in comparison.summaries
    ]


def _cell(summary: AgentSummary, metric: Metric) -> Cell:
    estimate = summary.estimates.get(metric.key)
    if estimate is None or not isfinite(estimate.mean):
        return Cell("–", "", "1e300")
    around = "" if estimate.half_width is None else f" ± {estimate.half_width:.{metric.digits}f}"
    value = f"{estimate.mean:.{metric.digits}f}"
    return Cell(f"{value}{around}".replace("-", "−"), value, repr(float(estimate.mean)))
