"""The settings of each algorithm, as fields that are checked; none has a field that its algorithm would not use."""

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
"""From the first update to the last, in a straight line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """What the recipes of all algorithms have. Two runs of one scenario that share a recipe, seed and threads come to
    the same weights.

    `action` … `windows` are those of `ViewSettings`. `preferences` has the weights of the objective that are drawn anew
    for every episode, from so many to so many times the scenario's own, which are among them, evenly in their
    logarithm; the policy is told them (`ipagym.agents.learned.preferences`). Rewards below `reward_floor` are learned
    from as if they were it, and rewards are divided by the deviation of the discounted returns. `rollout` is the number
    of steps per environment between two updates. After every `validate_every` updates the policy plays
    `validation_episodes`; a run ends early after `patience` of these without a better one, 0 being never.
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
        """What the learner sees and does, but for preferences, which are of a scenario."""
        names = {each.name for each in fields(ViewSettings)} - {"preferences"}
        return ViewSettings(**{name: getattr(self, name) for name in names})

    def view_of(self, objective: Objective) -> ViewSettings:
        """What the learner sees and does where this is the scenario's objective.

        Raises:
            InputError: a weight among the preferences is 0 there.
        """
        return replace(self.view, preferences=times_own(self.preferences, objective))

    @property
    def updates(self) -> int:
        """Updates of the weights in all; the steps are as many as these take."""
        return max(1, self.steps // (self.envs * self.rollout))

    @property
    def checkpoint_every(self) -> int:
        """Updates between two checkpoints."""
        return 1


@dataclass(frozen=True, kw_only=True, slots=True)
class PpoRecipe(Recipe):
    """Of PPO: `epochs` over each rollout, λ of the advantages, the weights of entropy and value, the range of the ratio
    of probabilities beyond which it is clipped, and the divergence at which an update ends.
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
    """Of PPO that never takes what there is no room for: with the knobs themselves, or steps of one of them."""

    action: Literal["knobs", "steps"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecurrentPpoRecipe(PpoRecipe):
    """Of PPO with an LSTM of so many units before the layers of `hidden`, one for the policy and one for the value."""

    lstm_units: Count


@dataclass(frozen=True, kw_only=True, slots=True)
class OffPolicyRecipe(Recipe):
    """Of learners from a replay buffer of so many steps: it is filled at random for the first `warm_up` steps, and
    each update is `gradient_steps` batches. A checkpoint, which holds the buffer, is written with each validation.
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
    """Of DQN: chance decides with a share that falls from the first to the last of `exploration` within
    `exploration_share` of the steps; the target network is set after every `target_every` steps.
    """

    exploration: tuple[Share, Share]
    exploration_share: Share
    target_every: Count


@dataclass(frozen=True, kw_only=True, slots=True)
class SacRecipe(OffPolicyRecipe):
    """Of SAC: its target networks move by `tau` with each batch; the weight of the entropy is learned, so that the
    entropy is `target_entropy` for each dimension of the action.
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
