"""A learner's view of n rows: what it sees of them, and what its actions stand for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from gymnasium.spaces import Box, MultiDiscrete
from numpy.typing import NDArray

from ipagym.envs.action_forms import Steps
from ipagym.envs.codec import Codec
from ipagym.envs.learners.aims import Aims
from ipagym.envs.learners.plan_edits import PlanEdits
from ipagym.envs.learners.planners import PlanProblem, usual_planner
from ipagym.envs.learners.preferences import Ranges, check_ranges
from ipagym.envs.learners.recent_load import MAXIMUM, RecentLoad
from ipagym.envs.learners.rich_entries import RichEntries
from ipagym.envs.learners.sight import Rows, Sight, Values
from ipagym.envs.masks import Masks
from ipagym.envs.observation import Observer
from ipagym.system.errors import InputError, unknown_name
from ipagym.task.objective import Objective, RewardTerms

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]
ActionForm = Literal["knobs", "steps", "plan", "plan-residual"]
ObservationForm = Literal["plain", "rich"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewSettings:
    """The form of actions: the knobs themselves, `Steps` of one knob, or edits of a plan (`PlanEdits`), which `planner`
    makes, by default the one that turns all the open knobs. The form of observations: as they are, or `RichEntries`
    with so many windows of the past. `forecaster` is the name of one of `ipagym.forecast`. `preferences` are the ranges
    of weights of the objective that the learner is told, and plans with (`ipagym.envs.learners.preferences`).

    Raises:
        InputError: a value cannot be used.
    """

    action: ActionForm = "plan"
    observation: ObservationForm = "rich"
    planner: str | None = None
    forecaster: str = MAXIMUM
    windows: int = 5
    preferences: Ranges = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, forms in (("action", get_args(ActionForm)), ("observation", get_args(ObservationForm))):
            if getattr(self, what) not in forms:
                raise unknown_name(f"form of {what}", str(getattr(self, what)), forms)
        if not 0 <= self.windows <= 1000:
            raise InputError(f"windows of the past must be in 0..1000, not {self.windows}")
        check_ranges(self.preferences)


class View:
    """The state of a learner's view of `rows` rows, each an episode of its own.

    A row begins with `begin`, which takes its first sight; every window after that is given to `see`. Every row is for
    the objective of the problem until `aim` gives it another.

    Raises:
        InputError: a weight of the objective is out of the range in the preferences, or a name is unknown.
    """

    def __init__(self, rows: int, problem: PlanProblem, observer: Observer, settings: ViewSettings) -> None:
        codec = Codec(problem.pipeline, problem.limits)
        self._rows, self._observer, self._codec = rows, observer, codec
        self._load = RecentLoad(rows, settings.forecaster)
        self._rich = RichEntries(rows, observer, settings.windows) if settings.observation == "rich" else None
        self._masks = Masks(codec)
        self._steps = Steps(codec) if settings.action == "steps" else None
        self._aims = Aims(rows, problem, settings.preferences)
        self._planner = settings.planner or usual_planner(problem.pipeline, problem.limits)
        self._edits: PlanEdits | None = None
        if settings.action.startswith("plan"):
            residual = settings.action == "plan-residual"
            self._edits = PlanEdits(codec.sizes, self._aims.tables(self._planner), residual=residual)
        self._network_max_s = np.zeros(rows)
        self._nothing_planned = np.zeros(rows)
        self.pipeline = problem.pipeline
        self.names = (*(observer.names if self._rich is None else self._rich.names), *self._aims.names)

    @property
    def action_space(self) -> MultiDiscrete:
        """The space of one row's action."""
        if self._steps is not None:
            return MultiDiscrete([int(self._steps.space.n)])
        return self._codec.space() if self._edits is None else self._edits.space

    @property
    def observation_space(self) -> Box:
        """The space of what one row shows."""
        bound = 1.0 if self._rich is None else np.inf
        return Box(-bound, bound, shape=(len(self.names),), dtype=np.float32)

    def aim(self, which: Rows, objectives: Sequence[Objective]) -> None:
        """Let those rows, one objective each, be told of it, plan with it and be rewarded by it from now on.

        Raises:
            InputError: a weight is out of the range in the preferences.
        """
        self._aims.aim(which, objectives)
        if self._edits is not None:
            self._edits.tables = self._aims.tables(self._planner)

    def rewards(self, terms: RewardTerms[Values]) -> Values:
        """The scalar reward of each row under its objective, shape (rows,), from terms of that shape."""
        return self._aims.rewards(terms)

    @property
    def objectives(self) -> Sequence[Objective]:
        """That of each row."""
        return self._aims.objectives

    def begin(self, which: Rows, sight: Sight) -> None:
        """Begin those rows with their first windows, one row of `sight` for each."""
        self._load.begin(which)
        if self._edits is not None:
            self._edits.begin(which)
        if self._rich is not None:
            self._rich.begin(which, sight.observations)
        self._take(which, sight)

    def see(self, which: Rows, sight: Sight) -> None:
        """Take in a further window of those rows, one row of `sight` for each."""
        if self._rich is not None:
            self._rich.see(which, sight.observations)
        self._take(which, sight)

    def _take(self, which: Rows, sight: Sight) -> None:
        self._load.see(which, sight.arrivals_per_s)
        self._network_max_s[which] = sight.network_max_s

    def shown(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the learner sees of all rows, shape (rows, len(names)), from their observations."""
        return np.concatenate([self._values(observations), self._aims.entries.astype(np.float32)], axis=1)

    def _values(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._rich is None:
            return observations
        planned_rps = self._nothing_planned if self._edits is None else self._edits.planned_rps
        return self._rich.values(observations, self._load, planned_rps)

    def indices(self, actions: NDArray[Any], current: Indices) -> Indices:
        """The actions of the codec that the learner's stand for, shape (rows, dimensions); `current` are those of what
        is in force.
        """
        chosen = np.asarray(actions, dtype=np.int64)
        if self._steps is not None:
            return self._steps.indices(chosen[:, 0], current)
        if self._edits is None:
            return chosen
        return self._edits.indices(chosen, current, self._load, self._network_max_s)

    def actions_for(self, wanted: Indices, current: Indices) -> Indices:
        """The learner's actions that come nearest to actions of the codec, each of shape (rows, dimensions).

        Raises:
            InputError: actions are steps, which come to most configurations only after several.
        """
        if self._steps is not None:
            raise InputError("an action of a step cannot stand for another agent's: set `action: knobs` or `plan`")
        if self._edits is None:
            return wanted
        return self._edits.nearest(wanted, current, self._load, self._network_max_s)

    def masks(self, current: Indices) -> Flags:
        """Flags of the values of each head that there is room for, one head after the other, shape (rows, values).
        Plans, and edits of them, always have room.
        """
        if self._steps is not None:
            return self._steps.masks(current)
        if self._edits is None:
            return np.tile(self._masks.after(()), (len(current), 1))
        return np.ones((len(current), int(self.action_space.nvec.sum())), dtype=np.bool_)
