"""The course of an episode under several agents."""

from matplotlib.figure import Figure

from ipagym.bench.comparison.timeline import timeline
from ipagym.bench.figures.asked import Asked


def draw(asked: Asked) -> Figure:
    """Load, latency, violations, cores and PAS over time, under the first seed of one comparison.

    Raises:
        InputError: it cannot be read, or an agent took no part.
    """
    found = asked.comparison()
    agents = asked.agents_of(found)
    rows = found.windows[found.windows["agent"].isin(agents)]
    ordered = rows.sort_values("agent", key=lambda names: names.map(agents.index), kind="stable")
    return timeline(ordered, found.manifest.slo_s, asked.width)
