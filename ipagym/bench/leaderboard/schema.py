"""The form of a suite file, checked field by field."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from ipagym.envs.scenario_schema import (
    Count,
    FaultsFile,
    LimitsFile,
    NetworkFile,
    ObjectiveFile,
    Path_,
    PhysicsFile,
    TelemetryFile,
)
from ipagym.profiles.schema import Name, Seconds, Strict
from ipagym.task.splits import TEST

Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$")]
"""A name that a folder can have."""

MOST_SEEDS = 10_000


def _form_of_faults(value: object) -> str:
    return "<name>" if isinstance(value, str) else "<mixture>"


class Settings(Strict):
    """What is changed of a scenario, as `ipagym.envs.scenarios.make_scenario` takes it; the rest stays as it is."""

    load: Path_ | None = None
    duration_s: Count | None = None
    slo: Literal["paper", "tight"] | None = None
    slo_s: Seconds | None = None
    interval_s: Seconds | None = None
    arrivals: Name | None = None
    faults: (
        Annotated[
            Annotated[Name, Tag("<name>")] | Annotated[FaultsFile, Tag("<mixture>")], Discriminator(_form_of_faults)
        ]
        | None
    ) = None
    telemetry: TelemetryFile | None = None
    physics: PhysicsFile | None = None
    network: NetworkFile | None = None
    limits: LimitsFile | None = None
    objective: ObjectiveFile | None = None


class TaskFile(Settings):
    """A scenario with its settings. `agents` are those of this task alone, by the names that they have in tables, such
    as `optimiser`; without `tracks` it is run on all of the suite's.
    """

    scenario: Path_
    agents: dict[Name, Path_] = Field(default_factory=dict)
    tracks: Annotated[list[Label], Field(min_length=1)] | None = None


class SuiteFile(Strict):
    """A suite as written.

    Every agent of `agents` runs on every task that it suits. `reference` and `ceiling` are those that score 0 and 1.
    `decision_intervals` times the adaptation interval is the real time that a decision may take.
    """

    suite: Label
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    description: Annotated[str, Field(min_length=1, max_length=300)]
    seeds: Annotated[int, Field(ge=2, le=MOST_SEEDS)]
    first_seed: Annotated[int, Field(ge=TEST.first, lt=TEST.end)] = TEST.first
    reference: Name = "static:best"
    ceiling: Name | None = "clairvoyant"
    decision_intervals: Annotated[float, Field(gt=0, le=10)] = 10.0
    memory_gib: Annotated[float, Field(gt=0, le=4096)] = 4.0
    agents: Annotated[list[Path_], Field(min_length=1, max_length=1000)]
    tracks: Annotated[dict[Label, Settings], Field(min_length=1)] = Field(
        default_factory=lambda: {"nominal": Settings()}
    )
    tasks: Annotated[dict[Label, TaskFile], Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        if len(set(self.agents)) < len(self.agents):
            raise ValueError("agents: one is named twice")
        for name, task in self.tasks.items():
            if unknown := set(task.tracks or ()) - set(self.tracks):
                raise ValueError(f"tasks.{name}.tracks: {min(unknown)} is none of the suite's tracks")
            if twice := set(task.agents) & set(self.agents):
                raise ValueError(f"tasks.{name}.agents: {min(twice)} is among the suite's agents, too")
        return self
