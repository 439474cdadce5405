"""The one that knows the future: the reference against which every controller's regret is taken.

It gets a double of the simulated cluster before the episode begins, with every arrival, service time and fault that
is to come, and searches the tree of decisions in it. Each window, the most promising courses so far are continued
with what runs and with the optima of the joint program for the loads around; promising is what a course has really
earned, plus what a fluid model says that can still be earned from where it stands, by dynamic programming with load
times (`fluid`). Since the engine is exact, the plan earns in the episode what it earned in the search.

With all configurations as candidates and no course given up, the search is exhaustive and its plan is the optimum: no
controller can beat it. That is for small cases (`exhaustive`). In large ones it is the best plan known: nothing
bounds how far from the optimum it is, and a controller that beats it would have negative regret.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.agent import Agent
from ipagym.agents.planning.candidates import Candidates
from ipagym.agents.planning.fluid import values_to_go
from ipagym.cluster.protocol import Simulator
from ipagym.configuration import Configuration, Limits, StageSetting
from ipagym.errors import InputError
from ipagym.objective import reward_terms
from ipagym.pipeline import Pipeline
from ipagym.scenario import Scenario
from ipagym.window import Window

PEAK_S = 2
"""Loads are planned for by the mean of a window and by its highest rate over so many seconds."""

Offers = Callable[[int, Configuration], Sequence[Configuration]]
"""What may be asked for in window t after a configuration."""

ToGo = Callable[[int, Configuration], float]
"""What may still be earned after window t with a configuration running."""


@dataclass(frozen=True, slots=True)
class Course:
    """What was asked for so far and what it earned, with the state that the cluster is in then."""

    asked: tuple[Configuration, ...]
    earned: float
    state: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """How wide to search: courses continued in each window (None: all), told apart by what they run."""

    beam: int | None = 5


class Clairvoyant:
    """Plans the whole episode once, then asks for what it planned."""

    def __init__(self, scenario: Scenario, search: Search | None = None) -> None:
        self.scenario = scenario
        self.search = search or Search()
        self._double: Simulator | None = None

    def foresee(self, double: Simulator, rates_rps: NDArray[np.float64]) -> None:
        """Take a double of the cluster as it is at the beginning, to be searched in."""
        self._double = double

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Search, where there is a double; what was planned holds for one episode."""
        self._plan: Iterator[Configuration] | None = None
        if self._double is not None:
            self._plan = iter(best_course(self.scenario, self._double, self.search).asked)
            self._double = None

    def decide(self, window: Window) -> Configuration:
        """The next of the plan.

        Raises:
            InputError: nothing was foreseen, since the cluster is not simulated.
        """
        if self._plan is None:
            raise InputError("clairvoyant needs a simulated cluster, whose future can be known")
        return next(self._plan)


def best_course(scenario: Scenario, double: Simulator, search: Search) -> Course:
    """The course that earns most among those searched."""
    start = double.snapshot()
    if search.beam is None:
        everything = exhaustive(scenario)
        return _searched(scenario, double, search, lambda t, running: everything, lambda t, running: 0.0)
    seen = _loads(scenario, double)
    double.restore(start)
    offers = _Offers(scenario, seen)
    return _searched(scenario, double, search, offers.at, offers.to_go)


def exhaustive(scenario: Scenario) -> list[Configuration]:
    """Every configuration with one deployment per stage that keeps the budget."""

    def settings(index: int) -> list[StageSetting]:
        stage, replicas = scenario.pipeline.stages[index], range(1, scenario.limits.max_replicas + 1)
        return [
            StageSetting(variant.name, number, batch, cores)
            for variant in stage.variants
            for number, batch, cores in product(replicas, stage.batches, variant.core_choices)
        ]

    from ipagym.budget import affordable

    every = map(Configuration, product(*map(settings, range(len(scenario.pipeline.stages)))))
    return list(dict.fromkeys(c for c in every if affordable(c, scenario.pipeline, scenario.limits) == c))


def _searched(scenario: Scenario, double: Simulator, search: Search, offers: Offers, to_go: ToGo) -> Course:
    double.advance(scenario.interval_s)
    courses = [Course((), 0.0, double.snapshot())]
    for t in range(scenario.windows - 1):
        continued = [
            _continued(scenario, double, course, asked)
            for course in courses
            for asked in offers(t, course.asked[-1] if course.asked else scenario.initial)
        ]
        promise = sorted(continued, key=lambda course: -course.earned - to_go(t + 1, course.asked[-1]))
        courses = _kept(promise, search.beam)
    return max(courses, key=lambda course: course.earned)


def _continued(scenario: Scenario, double: Simulator, course: Course, asked: Configuration) -> Course:
    double.restore(course.state)
    before = course.asked[-1] if course.asked else scenario.initial
    double.apply(asked)
    window = double.advance(scenario.interval_s)
    earned = scenario.objective.scalar(reward_terms(window, before, scenario.pipeline))
    return Course((*course.asked, asked), course.earned + earned, double.snapshot())


def _kept(promising: Sequence[Course], beam: int | None) -> list[Course]:
    """The first of those that run the same, and the first `beam` of these."""
    if beam is None:
        return list(promising)
    first: dict[Configuration, Course] = {}
    for course in promising:
        first.setdefault(course.asked[-1], course)
    return list(first.values())[:beam]


@dataclass(frozen=True, slots=True)
class Load:
    """What comes in a window: its mean and highest rate, and the longest way."""

    mean_rps: float
    peak_rps: float
    network_max_s: float


def _loads(scenario: Scenario, double: Simulator) -> list[Load]:
    """What comes in each window; it does not depend on what is decided."""
    found = []
    for _ in range(scenario.windows):
        window = double.advance(scenario.interval_s)
        counts = window.arrivals_per_s.astype(np.float64)
        width = min(PEAK_S, len(counts))
        peak = float(np.convolve(counts, np.full(width, 1 / width), mode="valid").max(initial=0.0)) if width else 0.0
        found.append(Load(window.arrivals / scenario.interval_s, peak, float(window.network_s.max(initial=0.0))))
    return found


class _Offers:
    """Candidates by window, and the value of what runs by dynamic programming over all of them."""

    def __init__(self, scenario: Scenario, loads: Sequence[Load]) -> None:
        candidates = Candidates(scenario.pipeline, scenario.limits, scenario.objective)
        self._by_window = [self._of_window(candidates, loads[t : t + 3]) for t in range(1, len(loads))]
        pool = list(dict.fromkeys([scenario.initial, *(c for each in self._by_window for c in each)]))
        self._index = {configuration: index for index, configuration in enumerate(pool)}
        self._to_go = values_to_go(
            pool,
            np.array([load.mean_rps for load in loads[1:]]),
            pipeline=scenario.pipeline,
            objective=scenario.objective,
            interval_s=scenario.interval_s,
        )

    @staticmethod
    def _of_window(candidates: Candidates, loads: Sequence[Load]) -> list[Configuration]:
        """For this window's load, and for the highest of this and the next two: what takes time is asked for ahead."""
        network_s = loads[0].network_max_s
        highest = max(load.peak_rps for load in loads)
        rates = (loads[0].mean_rps, loads[0].peak_rps, highest)
        return list(dict.fromkeys(c for rate in rates for c in candidates.at(rate, network_s)))

    def at(self, t: int, running: Configuration) -> list[Configuration]:
        """What runs, and the candidates of window t."""
        return list(dict.fromkeys([running, *self._by_window[t]]))

    def to_go(self, t: int, running: Configuration) -> float:
        """What the fluid model promises from window t on."""
        return float(self._to_go[t, self._index[running]])


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return Clairvoyant(scenario)
