"""A beam search through the tree of decisions.

In each window, the best courses so far are continued with the running configuration, with the optima of the joint
program for nearby loads, and with the configurations that other agents requested there. A course is ranked by its
simulated reward so far, plus the reward that a fluid model predicts for the rest by dynamic programming with load times
(`fluid`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ipagym.agents.planning.candidates import Candidates
from ipagym.agents.planning.course import Asked, Course, Rehearsal
from ipagym.agents.planning.fluid import values_to_go
from ipagym.cluster.protocol import Simulator
from ipagym.model.configuration import Configuration
from ipagym.task.scenario import Scenario
from ipagym.workload.statistics import peak_rps

PEAK_S = 2
"""Plans are for the mean rate of a window and for its highest rate over this number of seconds."""


@dataclass(frozen=True, slots=True)
class Load:
    """The load of a window: its mean and highest rate, and the longest network delay."""

    mean_rps: float
    peak_rps: float
    network_max_s: float


def loads(scenario: Scenario, double: Simulator) -> list[Load]:
    """The load of each window of a double at its beginning; it does not depend on decisions."""
    found = []
    for _ in range(scenario.windows):
        window = double.advance(scenario.interval_s)
        mean, peak = window.arrivals / scenario.interval_s, peak_rps(window.arrivals_per_s, PEAK_S)
        found.append(Load(mean, peak, window.network_max_s))
    return found


class Offers:
    """Candidates by window, and values of configurations by dynamic programming over all of them."""

    def __init__(self, scenario: Scenario, seen: Sequence[Load], others: Sequence[Asked]) -> None:
        candidates = Candidates(scenario.pipeline, scenario.limits, scenario.objective)
        self._by_window = [
            list(dict.fromkeys([*_of_window(candidates, seen[t + 1 : t + 4]), *(course[t] for course in others)]))
            for t in range(len(seen) - 1)
        ]
        pool = list(dict.fromkeys([scenario.initial, *(c for each in self._by_window for c in each)]))
        self._index = {configuration: index for index, configuration in enumerate(pool)}
        self._to_go = values_to_go(
            pool,
            np.array([load.mean_rps for load in seen[1:]]),
            pipeline=scenario.pipeline,
            objective=scenario.objective,
            interval_s=scenario.interval_s,
        )

    def at(self, t: int, running: Configuration) -> list[Configuration]:
        """The running configuration, and the candidates of window t."""
        return list(dict.fromkeys([running, *self._by_window[t]]))

    def to_go(self, t: int, running: Configuration) -> float:
        """The reward that the fluid model predicts from window t on."""
        return float(self._to_go[t, self._index[running]])


def _of_window(candidates: Candidates, ahead: Sequence[Load]) -> list[Configuration]:
    """Candidates for this window's load, and for the highest of this and the next two: changes need lead time."""
    network_s = ahead[0].network_max_s
    highest = max(load.peak_rps for load in ahead)
    rates = (ahead[0].mean_rps, ahead[0].peak_rps, highest)
    return list(dict.fromkeys(c for rate in rates for c in candidates.at(rate, network_s)))


def beam_search(rehearsal: Rehearsal, offers: Offers, width: int) -> Course:
    """The best course found. In each window, `width` courses with different configurations are continued."""
    courses = [rehearsal.start]
    for t in range(rehearsal.decisions):
        continued = [
            rehearsal.continued(course, asked)
            for course in courses
            for asked in offers.at(t, course.asked[-1] if course.asked else rehearsal.scenario.initial)
        ]
        promise = sorted(continued, key=lambda course: -course.earned - offers.to_go(t + 1, course.asked[-1]))
        courses = _first_of_each(promise)[:width]
    return max(courses, key=lambda course: course.earned)


def _first_of_each(promising: Sequence[Course]) -> list[Course]:
    first: dict[Configuration, Course] = {}
    for course in promising:
        first.setdefault(course.asked[-1], course)
    return list(first.values())
