"""Scenarios of your own: YAML files, checked field by field."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ipagym import faults
from ipagym.configuration import Limits
from ipagym.envs.scenarios import load_profile, make_scenario, profile_physics
from ipagym.errors import InputError
from ipagym.objective import Objective
from ipagym.profiles.schema import Name, Seconds, Strict, Weight
from ipagym.profiles.yaml_file import first_problem, read_yaml
from ipagym.scenario import DropPolicy, Physics, Scenario

Count = Annotated[int, Field(ge=1, le=10_000)]
Probability = Annotated[float, Field(ge=0, lt=1)]
PerHour = Annotated[float, Field(ge=0, le=1e6)]
Factor = Annotated[float, Field(ge=1, le=1e6)]
Path_ = Annotated[str, Field(min_length=1, max_length=1000)]
NotNegative = Annotated[float, Field(ge=0, le=1e6)]


class LimitsFile(Strict):
    """Bounds on every configuration, as in `ipagym.configuration.Limits`."""

    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 10
    node_cores: Annotated[list[Count], Field(min_length=1, max_length=1000)] | None = None
    max_deployments: Annotated[int, Field(ge=1, le=20)] = 1


class DropFile(Strict):
    """When requests are given up, as in `ipagym.scenario.DropPolicy`."""

    expired: bool = False
    hopeless: bool = False
    max_queue: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    max_age_s: Seconds | None = None


class PhysicsFile(Strict):
    """How the cluster behaves, as in `ipagym.scenario.Physics`; what is left out is the profile's."""

    order: Literal["fifo", "edf"] = "fifo"
    batch_timeout_s: NotNegative | None = None
    drop: DropFile | None = None
    service: Name = "measured"
    arrivals: Name = "poisson"
    resize_s: NotNegative | None = 0.1
    keep_alive_s: NotNegative | None = None


class FaultsFile(Strict):
    """What goes wrong, as in `ipagym.faults.Faults`."""

    crashes_per_hour: PerHour = 0.0
    slow_start: Probability = 0.0
    slow_start_factor: Factor = 3.0
    failed_start: Probability = 0.0
    straggler: Probability = 0.0
    straggler_factor: Factor = 5.0
    node_losses_per_hour: PerHour = 0.0
    node_repair_s: NotNegative = 60.0
    lost_scrape: Probability = 0.0


class ObjectiveFile(Strict):
    """Weights of the objective, as in `ipagym.objective.Objective`; what is left out is the profile's."""

    alpha: Weight | None = None
    beta: Weight | None = None
    delta: Weight | None = None
    violation: Weight | None = None
    switching: Weight | None = None
    energy: Weight | None = None


class ScenarioFile(Strict):
    """A scenario as written. A path of a profile counts from the scenario's folder."""

    pipeline: Path_
    workload: Path_ = "bursty"
    slo_s: Seconds | None = None
    interval_s: Seconds = 10.0
    limits: LimitsFile = LimitsFile()
    physics: PhysicsFile = PhysicsFile()
    faults: Name | FaultsFile = "none"
    objective: ObjectiveFile = ObjectiveFile()


def load_scenario(path: Path) -> Scenario:
    """A scenario from a YAML file.

    Raises:
        InputError: the file is missing, too large, not YAML, or not a scenario; one line names file, field and value.
    """
    try:
        file = ScenarioFile.model_validate(read_yaml(path, "scenario"))
        return _scenario(file, path.parent)
    except ValidationError as error:
        raise InputError(f"{path.name}: {first_problem(error)}") from None
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(path.name) else f"{path.name}: {error}") from None


def _scenario(file: ScenarioFile, folder: Path) -> Scenario:
    limits = Limits(
        max_replicas=file.limits.max_replicas,
        node_cores=None if file.limits.node_cores is None else tuple(file.limits.node_cores),
        max_deployments=file.limits.max_deployments,
    )
    is_path = file.pipeline.endswith((".yaml", ".yml"))
    pipeline = str(folder / file.pipeline) if is_path else file.pipeline
    plain = make_scenario(
        pipeline,
        file.workload,
        slo_s=file.slo_s,
        interval_s=file.interval_s,
        limits=limits,
        physics=_physics(file, profile_physics(load_profile(pipeline))),
    )
    return replace(plain, objective=_objective(file.objective, plain.objective))


def _physics(file: ScenarioFile, usual: Physics) -> Physics:
    given = file.physics
    if isinstance(file.faults, str):
        mixture = faults.by_name(file.faults, has_nodes=file.limits.node_cores is not None)
    else:
        mixture = faults.Faults(**file.faults.model_dump())
    return Physics(
        order=given.order,
        batch_timeout_s=usual.batch_timeout_s if given.batch_timeout_s is None else given.batch_timeout_s,
        drop=usual.drop if given.drop is None else DropPolicy(**given.drop.model_dump()),
        service=given.service,
        arrivals=given.arrivals,
        resize_s=given.resize_s,
        keep_alive_s=given.keep_alive_s,
        faults=mixture,
    )


def _objective(given: ObjectiveFile, usual: Objective) -> Objective:
    return replace(usual, **{name: value for name, value in given.model_dump().items() if value is not None})
