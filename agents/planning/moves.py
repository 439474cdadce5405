"""Small random changes of a course: the new setting, and the windows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from ipagym.agents.common.neighbours import deployment_neighbours, stage_neighbours
from ipagym.agents.planning.course import Asked
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Deployment, StageSetting
from ipagym.model.pipeline import Stage
from ipagym.task.scenario import Scenario

Choice = TypeVar("Choice")

LENGTHS = (1, 1, 2, 3, 5, 8, 16)
"""Lengths of runs of windows that are changed together."""

WEIGHTS = (0.5, 0.8, 1.25, 2.0)
"""Factors for changes of a deployment's weight among several."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Draws moves for a scenario; `others` are courses from which moves may copy."""

    scenario: Scenario
    others: Sequence[Asked]
    rng: np.random.Generator

    def from_course(self, asked: Asked, weights: np.ndarray) -> Asked:
        """The course after a random move, around a window drawn by these weights."""
        at = int(self.rng.choice(len(asked), p=weights))
        kinds: tuple[Callable[[Asked, int], Asked], ...] = (self._knob, self._knob, self._shift, self._drop, self._jump)
        if self.others:
            kinds = (*kinds, self._borrow)
        return self._any(kinds)(asked, at)

    def _knob(self, asked: Asked, at: int) -> Asked:
        """One knob of one stage by one step, in a run of windows or in all that have that setting there."""
        s = self._any_stage()
        first, last = self._run(asked, at, s)
        around = list(settings_around(asked[at].stages[s], self.scenario.pipeline.stages[s], self.scenario))
        if not around:
            return asked
        return self._with(asked, range(first, last), s, self._any(around))

    def _jump(self, asked: Asked, at: int) -> Asked:
        """Any one setting of a stage, in a run of windows."""
        s = self._any_stage()
        stage = self.scenario.pipeline.stages[s]
        variant = self._any(stage.variants)
        cores = self._any(variant.core_choices)
        setting = StageSetting.of(
            variant.name,
            int(self.rng.integers(1, self.scenario.limits.max_replicas + 1)),
            self._any(stage.batches),
            None if cores == variant.base_cores else cores,
        )
        first, last = self._run(asked, at, s)
        return self._with(asked, range(first, last), s, setting)

    def _shift(self, asked: Asked, at: int) -> Asked:
        """The next switch of a stage some windows sooner, or the last one later."""
        s, by = self._any_stage(), int(self.rng.integers(1, 4))
        first, last = _segment(asked, at, s)
        if self.rng.random() < 0.5 and last < len(asked):
            return self._with(asked, range(max(first, last - by), last), s, asked[last].stages[s])
        if first > 0:
            return self._with(asked, range(first, min(last, first + by)), s, asked[first - 1].stages[s])
        return asked

    def _drop(self, asked: Asked, at: int) -> Asked:
        """Remove the setting of a stage there: the previous or the next setting is extended."""
        s = self._any_stage()
        first, last = _segment(asked, at, s)
        beside = [t for t in (first - 1, last) if 0 <= t < len(asked)]
        if not beside:
            return asked
        return self._with(asked, range(first, last), s, asked[self._any(beside)].stages[s])

    def _borrow(self, asked: Asked, at: int) -> Asked:
        """The configurations that another course asked for, in a run of windows."""
        other = self._any(self.others)
        last = min(len(asked), at + 2 * self._length())
        return (*asked[:at], *other[at:last], *asked[last:])

    def _any(self, choices: Sequence[Choice]) -> Choice:
        return choices[int(self.rng.integers(len(choices)))]

    def _any_stage(self) -> int:
        return int(self.rng.integers(len(self.scenario.pipeline.stages)))

    def _length(self) -> int:
        return self._any(LENGTHS)

    def _run(self, asked: Asked, at: int, s: int) -> tuple[int, int]:
        if self.rng.random() < 0.3:
            return _segment(asked, at, s)
        return at, min(len(asked), at + self._length())

    def _with(self, asked: Asked, windows: range, s: int, setting: StageSetting) -> Asked:
        changed = list(asked)
        for t in windows:
            stages = asked[t].stages
            wanted = Configuration((*stages[:s], setting, *stages[s + 1 :]))
            changed[t] = affordable(wanted, self.scenario.pipeline, self.scenario.limits)
        return tuple(changed)


def settings_around(setting: StageSetting, stage: Stage, scenario: Scenario) -> Iterator[StageSetting]:
    """Every setting one step away; with several deployments, one is changed (also its weight), added or removed."""
    if len(setting.deployments) == 1:
        yield from stage_neighbours(setting, stage, scenario.limits)
    else:
        for index, each in enumerate(setting.deployments):
            rest = (*setting.deployments[:index], *setting.deployments[index + 1 :])
            yield StageSetting(rest)
            for other in _around(each, stage, scenario):
                if other.variant not in {one.variant for one in rest}:
                    yield StageSetting((other, *rest))
    if len(setting.deployments) < scenario.limits.max_deployments:
        running = {each.variant for each in setting.deployments}
        for variant in stage.variants:
            if variant.name not in running:
                new = Deployment(variant.name, 1, setting.first.batch, variant.core_choices[0])
                yield StageSetting((*setting.deployments, new))


def _around(each: Deployment, stage: Stage, scenario: Scenario) -> Iterator[Deployment]:
    yield from deployment_neighbours(each, stage, scenario.limits)
    yield from (replace(each, weight=each.weight * factor) for factor in WEIGHTS)


def _segment(asked: Asked, at: int, s: int) -> tuple[int, int]:
    """The windows around one in which a stage has the same setting: the first, and the first after."""
    first, last = at, at + 1
    while first > 0 and asked[first - 1].stages[s] == asked[at].stages[s]:
        first -= 1
    while last < len(asked) and asked[last].stages[s] == asked[at].stages[s]:
        last += 1
    return first, last
