"""Measured pipelines, one YAML file each with its sources in it, imported as `ipagym.profiles`."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ipagym.errors import InputError, unknown_name
from ipagym.latency import LatencyModel
from ipagym.objective import Objective
from ipagym.pipeline import Pipeline, Stage, Variant
from ipagym.profiles.schema import ProfileFile, StageFile, VariantFile
from ipagym.profiles.yaml_file import first_problem, read_yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A pipeline with the settings under which its system was published."""

    pipeline: Pipeline
    objective: Objective
    batch_timeout_s: float
    max_age_s: float | None
    description: str


def names() -> list[str]:
    """The profiles that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: str) -> Profile:
    """A profile of the package by name."""
    if name not in names():
        raise unknown_name("pipeline", name, names())
    return load_file(FOLDER / f"{name}.yaml")


def load_file(path: Path) -> Profile:
    """A profile from a YAML file.

    Raises:
        InputError: the file is missing, too large, not YAML, or not a profile; one line names file, field and value.
    """
    try:
        return _profile(ProfileFile.model_validate(read_yaml(path, "profile")))
    except ValidationError as error:
        raise InputError(f"{path.name}: {first_problem(error)}") from None
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(path.name) else f"{path.name}: {error}") from None


def _profile(file: ProfileFile) -> Profile:
    return Profile(
        pipeline=Pipeline(
            name=file.name,
            stages=tuple(_stage(stage) for stage in file.stages),
            slo_s=file.slo_s,
            idle_watts_per_core=file.idle_watts_per_core,
            busy_watts_per_core=file.busy_watts_per_core,
        ),
        objective=Objective(**file.objective.model_dump()),
        batch_timeout_s=file.batch_timeout_s,
        max_age_s=file.max_age_s,
        description=file.description,
    )


def _stage(file: StageFile) -> Stage:
    return Stage(name=file.name, variants=tuple(map(_variant, file.variants)), batches=tuple(file.batches))


def _variant(file: VariantFile) -> Variant:
    return Variant(
        name=file.name,
        accuracy=file.accuracy,
        base_cores=file.base_cores,
        load_s=file.load_s,
        latency=LatencyModel(average_s=file.average_s, p99_s=file.p99_s),
    )
