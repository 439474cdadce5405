"""Recipes of training: all settings of an algorithm on a task, from one YAML file for each algorithm."""

from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ipagym.envs.learners.view import ActionForm, ObservationForm, ViewSettings
from ipagym.profiles.yaml_file import read_yaml
from ipagym.system.errors import InputError, unknown_name

FOLDER = Path(__file__).parent / "recipes"

Count = Annotated[int, Field(ge=1, lt=2**31)]
Share = Annotated[float, Field(gt=0, le=1)]
Schedule = tuple[float, float]
"""From the first update to the last, in a straight line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """All that two runs of one scenario must share, beside seed and threads, to come to the same weights.

    `action` … `windows` are those of `ViewSettings`. Rewards below `reward_floor` are learned from as if they were it,
    and rewards are divided by the deviation of the discounted returns. `rollout` is the number of steps per
    environment between two updates. After every `validate_every` updates the policy plays `validation_episodes`; a run
    ends early after `patience` of these without a better one, 0 being never.
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
    rollout: Annotated[int, Field(ge=2, lt=2**31)]
    batch: Annotated[int, Field(ge=2, lt=2**31)]
    epochs: Count
    gamma: Annotated[float, Field(ge=0, lt=1)]
    gae_lambda: Share
    learning_rate: Schedule
    entropy: Schedule
    clip: Share
    target_kl: Annotated[float, Field(gt=0)]
    value_weight: Annotated[float, Field(ge=0)]
    hidden: tuple[Count, ...]
    validate_every: Count
    validation_episodes: Count
    patience: Annotated[int, Field(ge=0)]

    @property
    def view(self) -> ViewSettings:
        """What the learner sees and does."""
        return ViewSettings(**{field.name: getattr(self, field.name) for field in fields(ViewSettings)})

    @property
    def updates(self) -> int:
        """Updates of the weights in all; the steps are as many as these take."""
        return max(1, self.steps // (self.envs * self.rollout))


def algorithms() -> list[str]:
    """Those that there are recipes for."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def recipe_for(algorithm: str, scenario: str, changes: dict[str, Any] | None = None, own: Path | None = None) -> Recipe:
    """The recipe of an algorithm for a scenario by name, with changes; `own` is a file instead of the package's.

    Sections apply in their order where their name, in which * stands for anything, is that of the scenario.

    Raises:
        InputError: there is no such algorithm, the file is no recipe, or a value cannot be used.
    """
    if algorithm not in algorithms():
        raise unknown_name("algorithm", algorithm, algorithms())
    path = own or FOLDER / f"{algorithm}.yaml"
    sections = read_yaml(path, "recipe")
    if not isinstance(sections, dict) or not all(isinstance(each, dict) for each in sections.values()):
        raise InputError(f"{path} is not a recipe: it has sections, such as default, with settings in each")
    name = Path(scenario).stem
    chosen = [each for key, each in sections.items() if key == "default" or fnmatchcase(name, str(key))]
    merged = {key: value for section in [*chosen, changes or {}] for key, value in section.items()}
    return checked_recipe(merged, str(path))


def checked_recipe(settings: dict[str, Any], where: str) -> Recipe:
    """A recipe with these settings.

    Raises:
        InputError: one is missing, unknown or cannot be used.
    """
    try:
        recipe = TypeAdapter(Recipe).validate_python(settings)
        _ = recipe.view
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(
            f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}, not {first['input']!r}"
        ) from None
    return recipe
