"""Local search on a course: a random small change is kept if the whole course earns more. A trial is simulated from the
last stored state before its first change. A few windows after its last change, it is stopped if it has not gained, or
cannot gain; otherwise it continues to the end, since later windows may differ.
"""

from math import ceil

import numpy as np

from ipagym.agents.planning.course import Asked, Course, Rehearsal
from ipagym.agents.planning.moves import Moves
from ipagym.bench.bound.bound import most_per_window
from ipagym.cluster.protocol import Snapshot

STATES = 60
"""Number of stored cluster states along the course."""

LEAST = 1e-9
"""Gains below this are rounding."""


class Polish:
    """A course, and the states along it from which trials begin."""

    def __init__(self, rehearsal: Rehearsal, course: Course) -> None:
        scenario = rehearsal.scenario
        self.course = course
        self._rehearsal = rehearsal
        self._most = most_per_window(scenario)
        self._stride = ceil(rehearsal.decisions / STATES)
        loading_s = max(variant.load_s for stage in scenario.pipeline.stages for variant in stage.variants)
        self._patience = 1 + ceil((scenario.pipeline.slo_s + loading_s) / scenario.interval_s)
        self._states: dict[int, Snapshot] = {0: rehearsal.beginning}
        self._settle(course.asked, 0)

    def improve(self, moves: Moves, windows: int) -> Course:
        """The course after as many trials as `windows` simulated windows allow."""
        end = self._rehearsal.simulated + windows
        tried: set[Asked] = {self.course.asked}
        idle = 0
        while self._rehearsal.simulated < end and idle < windows:
            idle += 1
            changed = moves.from_course(self.course.asked, self._weights())
            if changed not in tried:
                tried.add(changed)
                self._try(changed)
        return self.course

    def _weights(self) -> np.ndarray:
        """Weights of windows for trials: half uniform, half higher where less is earned."""
        rewards = np.array(self.course.rewards)
        lacking = rewards.max() - rewards + 1e-12
        return np.asarray(0.5 / len(rewards) + 0.5 * lacking / lacking.sum())

    def _try(self, changed: Asked) -> None:
        differ = [t for t, (new, old) in enumerate(zip(changed, self.course.asked, strict=True)) if new != old]
        start = differ[0] // self._stride * self._stride
        self._rehearsal.go_to(self._states[start])
        if self._gains(changed, start, differ[-1]):
            self._settle(changed, start)

    def _gains(self, changed: Asked, start: int, last: int) -> bool:
        gain, old = 0.0, self.course.rewards
        judged = min(len(old) - 1, last + self._patience)
        hope = sum(self._most - reward for reward in old[start : judged + 1])
        for t in range(start, len(changed)):
            gain += self._earns(changed, t) - old[t]
            hope -= self._most - old[t]
            if gain + max(hope, 0.0) <= LEAST:
                return False
        return True

    def _earns(self, asked: Asked, t: int) -> float:
        return self._rehearsal.earns(asked[t], asked[t - 1] if t else self._rehearsal.scenario.initial)

    def _settle(self, asked: Asked, start: int) -> None:
        """Accept the course, and store its states from there on."""
        self._rehearsal.go_to(self._states[start])
        rewards = list(self.course.rewards[:start])
        for t in range(start, len(asked)):
            if t % self._stride == 0:
                self._states[t] = self._rehearsal.state()
            rewards.append(self._earns(asked, t))
        self.course = Course(asked, tuple(rewards))
