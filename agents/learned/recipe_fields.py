"""The settings of each algorithm, as checked fields; a recipe has only fields that its algorithm uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ipagym.envs.learners.preferences import Ranges, check_ranges, times_own
from ipagym.envs.learners.view import ActionForm, ObservationForm, ViewSettings
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective

Count = Annotated[int, Field(ge=1, lt=2**31)]
Several = Annotated[int, Field(ge=2, lt=2**31)]
Share = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Schedule = tuple[float, float]
"""Values at the first and the last update, linear in between."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """Fields of the recipes of all algorithms. Two runs of one scenario with the same recipe, seed and threads give the
    same weights.

    `action` … `windows` are those of `ViewSettings`. `preferences` has ranges of weights of the objective, in multiples
    of the scenario's own; each range includes 1. For every episode the weights are drawn log-uniformly, and they are
    inputs of the policy (`ipagym.agents.learned.preferences`). Rewards are clipped below at `reward_floor` and divided
    by the standard deviation of the discounted returns. `rollout` is the number of steps per environment between two
    updates. After every `validate_every` updates the policy runs `validation_episodes`; a run ends early after
    `patience` validations without improvement (0: never).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    steps: Count
    envs: Count
    action: ActionForm
    observation: ObservationForm
    planner: str | None
    forecaster: str
    windows: Annotated[int, Field(ge=0, le=1000)]
    reward_floor: float
    rollout: Count
    batch: Several
    gamma: Annotated[float, Field(ge=0, lt=1)]
    learning_rate: Schedule
    hidden: tuple[Count, ...]
    validate_every: Count
    validation_episodes: Count
    patience: Annotated[int, Field(ge=0)]
    preferences: Ranges = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_ranges(self.preferences)
        for name, (low, high) in self.preferences.items():
            if not low <= 1 <= high:
                raise InputError(
                    f"preference {name} must hold 1, the scenario's own weight, not {low:g} to {high:g} of it"
                )

    @property
    def view(self) -> ViewSettings:
        """The settings of the learner's view without preferences, which depend on the scenario."""
        names = {each.name for each in fields(ViewSettings)} - {"preferences"}
        return ViewSettings(**{name: getattr(self, name) for name in names})

    def view_of(self, objective: Objective) -> ViewSettings:
        """The settings of the learner's view for a scenario with this objective.

        Raises:
            InputError: a weight among the preferences is 0 in the objective.
        """
        return replace(self.view, preferences=times_own(self.preferences, objective))

    @property
    def updates(self) -> int:
        """Total updates of the weights; steps are rounded to whole updates."""
        return max(1, self.steps // (self.envs * self.rollout))

    @property
    def checkpoint_every(self) -> int:
        """Updates between two checkpoints."""
        return 1


@dataclass(frozen=True, kw_only=True, slots=True)
class PpoRecipe(Recipe):
    """Recipe of PPO: `epochs` over each rollout, λ of the advantages, the weights of entropy and value, the clip range
    of the probability ratio, and the divergence at which an update ends.
    """

    rollout: Several
    epochs: Count
    gae_lambda: Share
    entropy: Schedule
    clip: Share
    target_kl: Annotated[float, Field(gt=0)]
    value_weight: Weight


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskablePpoRecipe(PpoRecipe):
    """Recipe of PPO with action masks: its actions are the knobs themselves, or steps of one knob."""

    action: Literal["knobs", "steps"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecurrentPpoRecipe(PpoRecipe):
    """Recipe of PPO with an LSTM of `lstm_units` before the layers of `hidden`, one for the policy and one for the
    value.
    """

    lstm_units: Count


@dataclass(frozen=True, kw_only=True, slots=True)
class OffPolicyRecipe(Recipe):
    """Recipe of learners with a replay buffer of `buffer` steps. Actions are random for the first `warm_up` steps, and
    each update has `gradient_steps` batches. A checkpoint includes the buffer and is written at each validation.
    """

    buffer: Several
    warm_up: Annotated[int, Field(ge=0, lt=2**31)]
    gradient_steps: Count

    @property
    def checkpoint_every(self) -> int:
        """Updates between two checkpoints."""
        return self.validate_every


@dataclass(frozen=True, kw_only=True, slots=True)
class DqnRecipe(OffPolicyRecipe):
    """Recipe of DQN: the exploration rate falls from the first to the last value of `exploration` within
    `exploration_share` of the steps; the target network is updated every `target_every` steps.
    """

    exploration: tuple[Share, Share]
    exploration_share: Share
    target_every: Count


@dataclass(frozen=True, kw_only=True, slots=True)
class SacRecipe(OffPolicyRecipe):
    """Recipe of SAC: target networks move by `tau` with each batch; the weight of the entropy is learned for an entropy
    of `target_entropy` per dimension of the action.
    """

    tau: Share
    target_entropy: float


RECIPES: Mapping[str, type[Recipe]] = {
    "ppo": PpoRecipe,
    "maskable-ppo": MaskablePpoRecipe,
    "recurrent-ppo": RecurrentPpoRecipe,
    "dqn": DqnRecipe,
    "sac": SacRecipe,
}
"""The fields of each algorithm's recipe."""
