"""A learner's view of n rows: its observations and the meaning of its actions."""

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
    """Settings of a view. The form of actions is the knobs themselves, `Steps` of one knob, or edits of a plan
    (`PlanEdits`) by `planner`, by default the planner that sets all the open knobs. The form of observations is the
    plain one, or `RichEntries` with `windows` past windows. `forecaster` is a name in `ipagym.forecast`. `preferences`
    are the ranges of weights that the learner gets as inputs and plans with (`ipagym.envs.learners.preferences`).

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
    """The state of a learner's view of `rows` rows, one episode each.

    `begin` starts a row with its first sight; `see` gets every window after that. A row has the objective of the
    problem until `aim` sets another one.

    Raises:
        InputError: a weight of the objective is outside its range in the preferences, or a name is unknown.
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
        """The space of one row's observation."""
        bound = 1.0 if self._rich is None else np.inf
        return Box(-bound, bound, shape=(len(self.names),), dtype=np.float32)

    def aim(self, which: Rows, objectives: Sequence[Objective]) -> None:
        """Set the objectives of those rows, one each, for their observations, plans and rewards from now on.

        Raises:
            InputError: a weight is outside its range in the preferences.
        """
        self._aims.aim(which, objectives)
        if self._edits is not None:
            self._edits.tables = self._aims.tables(self._planner)

    def rewards(self, terms: RewardTerms[Values]) -> Values:
        """The scalar reward of each row under its objective, shape (rows,); terms have the same shape."""
        return self._aims.rewards(terms)

    @property
    def objectives(self) -> Sequence[Objective]:
        """The objective of each row."""
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
        """Add the next window of those rows, one row of `sight` for each."""
        if self._rich is not None:
            self._rich.see(which, sight.observations)
        self._take(which, sight)

    def _take(self, which: Rows, sight: Sight) -> None:
        self._load.see(which, sight.arrivals_per_s)
        self._network_max_s[which] = sight.network_max_s

    def shown(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """The learner's observations of all rows, shape (rows, len(names)), from those of the environments."""
        return np.concatenate([self._values(observations), self._aims.entries.astype(np.float32)], axis=1)

    def _values(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._rich is None:
            return observations
        planned_rps = self._nothing_planned if self._edits is None else self._edits.planned_rps
        return self._rich.values(observations, self._load, planned_rps)

    def indices(self, actions: NDArray[Any], current: Indices) -> Indices:
        """The actions of the codec for the learner's actions, shape (rows, dimensions); `current` are the actions of
        the configurations in force.
        """
        chosen = np.asarray(actions, dtype=np.int64)
        if self._steps is not None:
            return self._steps.indices(chosen[:, 0], current)
        if self._edits is None:
            return chosen
        return self._edits.indices(chosen, current, self._load, self._network_max_s)

    def actions_for(self, wanted: Indices, current: Indices) -> Indices:
        """The learner's actions nearest to actions of the codec, each of shape (rows, dimensions).

        Raises:
            InputError: actions are steps; most configurations need several of them.
        """
        if self._steps is not None:
            raise InputError("a step cannot imitate another agent's action: set `action: knobs` or `plan`")
        if self._edits is None:
            return wanted
        return self._edits.nearest(wanted, current, self._load, self._network_max_s)

    def masks(self, current: Indices) -> Flags:
        """Flags of the feasible values of each head, one head after the other, shape (rows, values). Plans and their
        edits are always feasible.
        """
        if self._steps is not None:
            return self._steps.masks(current)
        if self._edits is None:
            return np.tile(self._masks.after(()), (len(current), 1))
        return np.ones((len(current), int(self.action_space.nvec.sum())), dtype=np.bool_)
