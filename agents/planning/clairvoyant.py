"""The clairvoyant: it knows the future and is the reference for the regret of every controller.

Before the episode begins, it gets a double of the simulated cluster with all future arrivals, service times and faults,
and in a comparison the courses of all other agents on the same seed. The engine is deterministic, so a course earns the
same in the episode as in the double. Therefore the plan earns no less than any of these courses:

1. the courses of the others are simulated (on one seed the same decisions earn the same); 2. a beam search plans one of
its own (`beam`), looking at the best of the others too; 3. where all courses are few enough, all are tried
(`exhaustion`), and the plan is the optimum; 4. elsewhere the best so far is improved by local search (`polish`), which
may borrow from all of them.

In case 4 it is the best known course, which need not be optimal; `ipagym.bench.bound.bound` is an upper bound for all
courses. The effort of the search is measured in simulated windows (`Effort`), so that the same seed gives the same
plan.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipagym.agents.planning.beam import Offers, beam_search, loads
from ipagym.agents.planning.course import Asked, Course, Rehearsal
from ipagym.agents.planning.exhaustion import best_of_all, configurations, sequences
from ipagym.agents.planning.moves import Moves
from ipagym.agents.planning.polish import Polish
from ipagym.cluster.protocol import Simulator
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """Bounds of the search.

    beam: courses continued in each window. polish: windows simulated by the local search for each of the episode's,
    but from `polish_least` to `polish_most` of them in all. every: all courses are tried where that takes no more
    simulated windows. followed: of the others' courses, those that the beam search looks at.
    """

    beam: int = 5
    polish: int = 160
    polish_least: int = 5_000
    polish_most: int = 100_000
    every: int = 6_000
    followed: int = 2


class Clairvoyant:
    """Plans the whole episode once, then requests the planned configurations."""

    def __init__(self, scenario: Scenario, effort: Effort | None = None) -> None:
        self.scenario = scenario
        self.effort = effort or Effort()
        self._double: Simulator | None = None
        self._others: Sequence[Asked] = ()

    def foresee(self, double: Simulator, rates_rps: NDArray[np.float64]) -> None:
        """Take a double of the cluster in its initial state for the search."""
        self._double = double

    def learn(self, courses: Sequence[Asked]) -> None:
        """Take the configurations that others requested in the episode that begins."""
        self._others = courses

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Search, if there is a double; a plan is valid for one episode."""
        self._plan: Iterator[Configuration] | None = None
        if self._double is not None:
            self._plan = iter(_Planning(self.scenario, self.effort, rng).plan(self._double, self._others).asked)
        self._double, self._others = None, ()

    def decide(self, window: Window) -> Configuration:
        """The next configuration of the plan.

        Raises:
            InputError: there is no plan, since the cluster is not simulated.
        """
        if self._plan is None:
            raise InputError("clairvoyant needs a simulated cluster, whose future can be known")
        return next(self._plan)


@dataclass(frozen=True, slots=True)
class _Planning:
    scenario: Scenario
    effort: Effort
    rng: np.random.Generator

    def plan(self, double: Simulator, others: Sequence[Asked]) -> Course:
        """The course that earns most among those found."""
        beginning = double.snapshot()
        seen = loads(self.scenario, double)
        double.restore(beginning)
        rehearsal = Rehearsal(self.scenario, double)
        played = [rehearsal.played(asked) for asked in dict.fromkeys(others)]
        played.sort(key=lambda course: -course.earned)
        followed = [course.asked for course in played[: self.effort.followed]]
        own = beam_search(rehearsal, Offers(self.scenario, seen, followed), self.effort.beam)
        return self._improved(rehearsal, [*played, own])

    def _improved(self, rehearsal: Rehearsal, known: Sequence[Course]) -> Course:
        best, effort = max(known, key=lambda course: course.earned), self.effort
        choices = configurations(self.scenario, effort.every)
        if choices is not None and sequences(len(choices), rehearsal.decisions) <= effort.every:
            return best_of_all(rehearsal, choices, best)
        moves = Moves(self.scenario, [course.asked for course in known if course.asked != best.asked], self.rng)
        windows = min(max(effort.polish * rehearsal.decisions, effort.polish_least), effort.polish_most)
        return Polish(rehearsal, best).improve(moves, windows)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return Clairvoyant(scenario)
