"""Forecasters under the same planner: violations and cost of each."""

from matplotlib.figure import Figure

from ipagym.bench.comparison.results import Comparison
from ipagym.bench.drawing.looks import looks
from ipagym.bench.drawing.style import few_ticks, legend_above, scale_percent, style
from ipagym.bench.figures.asked import Asked, half_width, summary_by_agent
from ipagym.bench.figures.panels import SHORT_HEADINGS, beside, grid, name_rows, point
from ipagym.system.errors import InputError

METRICS = ("violation_percent", "cores")
MOST = 8


def draw(asked: Asked) -> Figure:
    """The means over seeds with their 95 % intervals: a place for each comparison, a mark for each forecaster.

    Raises:
        InputError: a comparison cannot be read, or has no planner with several forecasters.
    """
    found = asked.comparisons(MOST)
    names = {name: forecasters(asked, comparison) for name, comparison in found.items()}
    every = list(dict.fromkeys(agent for each in names.values() for agent in each))
    chosen = looks(every)
    with style():
        figure, axes = grid(asked.width, (1.1, 1.1), [""])
        for axis, metric in zip(axes[:, 0], METRICS, strict=True):
            for at, (name, comparison) in enumerate(found.items()):
                summary = summary_by_agent(comparison)
                for agent, forecaster in names[name].items():
                    middle = at + beside(every.index(agent), len(every)), summary[agent][metric]
                    half = half_width(summary[agent], metric)
                    point(axis, middle, (0.0, half), (forecaster if at == 0 else "_", chosen[agent]))
        scale_percent(axes[0, 0])
        axes[1, 0].set_ylim(bottom=0)
        few_ticks(axes[1, 0])
        axes[1, 0].set_xlabel("task")
        axes[1, 0].set_xticks(range(len(found)), list(found))
        axes[1, 0].set_xlim(-0.5, len(found) - 0.5)
        name_rows(figure, axes, [SHORT_HEADINGS[metric] for metric in METRICS])
        legend_above(figure, [axes[0, 0]])
    return figure


def forecasters(asked: Asked, found: Comparison) -> dict[str, str]:
    """The agents that are one planner with different arguments, each with the argument.

    Raises:
        InputError: there are no two of them, or two planners.
    """
    with_argument = [agent for agent in asked.agents_of(found) if ":" in agent]
    planners = {agent.partition(":")[0] for agent in with_argument}
    if len(with_argument) < 2 or len(planners) > 1:
        raise InputError(
            f"{found.out} does not compare forecasters of one planner: run `ipagym compare` with agents such as "
            "ipa:reactive,ipa:lstm, or choose them with --agents"
        )
    return {agent: agent.partition(":")[2] for agent in with_argument}
