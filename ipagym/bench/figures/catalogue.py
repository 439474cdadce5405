"""The figures, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from matplotlib.figure import Figure

from ipagym.bench.figures.asked import Asked
from ipagym.system.errors import unknown_name


@dataclass(frozen=True, slots=True)
class FigureEntry:
    """A figure on offer: what it shows, and what it is drawn from."""

    description: str
    runs: str


FIGURES: dict[str, FigureEntry] = {
    "workloads": FigureEntry("loads over time", "folders of comparisons, or loads by name or file"),
    "timeline": FigureEntry("load, latency, violations, cores and PAS over time", "one comparison"),
    "tradeoff": FigureEntry("accuracy and violations over cost, with intervals", "comparisons, a column each"),
    "preferences": FigureEntry("accuracy, cost and violations over the values of a sweep", "sweeps, a column each"),
    "predictors": FigureEntry(
        "violations and cost by forecaster", "comparisons of one planner with several: ipa:reactive,ipa:lstm"
    ),
    "solver": FigureEntry("time of a decision by solver and size", "the folder of `ipagym bench-solver`"),
    "latency": FigureEntry("distribution of latencies, with the SLO", "comparisons, a panel each"),
    "switching": FigureEntry("changes of knobs over time, and by knob", "one comparison"),
    "paired": FigureEntry("differences from the first agent on the same seeds, with intervals", "one comparison"),
}


def draw(name: str, asked: Asked) -> Figure:
    """The figure of that name; each is the function `draw` of its module here.

    Raises:
        InputError: there is none, or the runs do not suit it.
    """
    if name not in FIGURES:
        raise unknown_name("figure", name, FIGURES)
    made: Callable[[Asked], Figure] = import_module(f"ipagym.bench.figures.{name}").draw
    return made(asked)
