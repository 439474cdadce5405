"""Courses of decisions and their rewards, simulated in a double of the cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

from ipagym.cluster.protocol import Simulator, Snapshot
from ipagym.model.configuration import Configuration
from ipagym.task.reward import Rewards
from ipagym.task.scenario import Scenario

Asked = tuple[Configuration, ...]
"""The requested configurations, one for each scored window."""


@dataclass(frozen=True, slots=True)
class Course:
    """The requested configuration and the reward of each window; `state` is that of the cluster afterwards, if kept."""

    asked: Asked
    rewards: tuple[float, ...]
    state: Snapshot | None = None

    @property
    def earned(self) -> float:
        """The sum of the rewards."""
        return sum(self.rewards)


class Rehearsal:
    """A double of the cluster at the end of the warm-up; `simulated` counts the windows that were simulated in it."""

    def __init__(self, scenario: Scenario, double: Simulator) -> None:
        self.scenario = scenario
        self.decisions = scenario.windows - 1
        self.simulated = 0
        self._double = double
        self._rewards = Rewards(scenario.pipeline, scenario.limits.max_deployments)
        double.advance(scenario.interval_s)
        self.beginning = double.snapshot()
        self.start = Course((), (), self.beginning)

    def state(self) -> Snapshot:
        """The state that the double is in."""
        return self._double.snapshot()

    def go_to(self, state: Snapshot) -> None:
        """Set the double to that state."""
        self._double.restore(state)

    def earns(self, asked: Configuration, before: Configuration) -> float:
        """The reward of the next window if `asked` is requested after `before` was in force."""
        self.simulated += 1
        self._double.apply(asked)
        window = self._double.advance(self.scenario.interval_s)
        return self.scenario.objective.scalar(self._rewards.of_window(window, before))

    def continued(self, course: Course, asked: Configuration) -> Course:
        """The course with one more decision, and the state after it."""
        assert course.state is not None, "a course that is continued has kept its state"
        self.go_to(course.state)
        earned = self.earns(asked, course.asked[-1] if course.asked else self.scenario.initial)
        return Course((*course.asked, asked), (*course.rewards, earned), self.state())

    def played(self, asked: Sequence[Configuration]) -> Course:
        """The whole course from the start."""
        self.go_to(self.beginning)
        befores = (self.scenario.initial, *asked)
        return Course(
            tuple(asked), tuple(self.earns(each, before) for each, before in zip(asked, befores, strict=False))
        )
