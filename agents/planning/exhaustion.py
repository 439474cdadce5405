"""The best of all courses, if there are few: every sequence is tried unless it cannot be better than the best one.

Depth-first search, branches with the highest reward first. A branch is cut if its reward so far, plus an upper bound
for its remaining windows, is not above the best known course.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from ipagym.agents.planning.course import Course, Rehearsal
from ipagym.bench.bound.bound import most_per_window
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.knobs import KNOBS
from ipagym.model.pipeline import Stage
from ipagym.task.scenario import Scenario


def configurations(scenario: Scenario, most: int) -> list[Configuration] | None:
    """Every configuration with one deployment per stage within the limits. None if there are more than `most`, or if
    several deployments per stage are allowed, as their weights are continuous.
    """
    stages, limits = scenario.pipeline.stages, scenario.limits
    settings = [list(_settings(stage, limits)) for stage in stages]
    number = 1
    for each in settings:
        number *= len(each)
    if number > most or limits.max_deployments > 1:
        return None
    every = map(Configuration, product(*settings))
    return [c for c in every if affordable(c, scenario.pipeline, limits) == c]


def _settings(stage: Stage, limits: Limits) -> Iterator[StageSetting]:
    for variant in stage.variants:
        for numbers in product(*(knob.choices_of(variant, stage, limits) for knob in KNOBS[1:])):
            knobs = zip(KNOBS[1:], numbers, strict=True)
            yield StageSetting.of(variant.name, *(knob.written(number, variant) for knob, number in knobs))


def sequences(choices: int, decisions: int) -> int:
    """The number of simulated windows needed to try every course of `decisions` decisions."""
    return sum(choices**depth for depth in range(1, decisions + 1))


def best_of_all(rehearsal: Rehearsal, choices: Sequence[Configuration], known: Course) -> Course:
    """The best course over these choices, and `known` where none is better."""
    most, best = most_per_window(rehearsal.scenario), known

    def search(course: Course) -> None:
        nonlocal best
        if len(course.asked) == rehearsal.decisions:
            if course.earned > best.earned:
                best = course
            return
        left = rehearsal.decisions - len(course.asked) - 1
        continued = [rehearsal.continued(course, asked) for asked in choices]
        for each in sorted(continued, key=lambda each: -each.earned):
            if each.earned + left * most > best.earned:
                search(each)

    search(rehearsal.start)
    return best
