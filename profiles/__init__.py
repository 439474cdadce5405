"""Measured pipelines, imported as `ipagym.profiles`: one YAML file each, which names its sources."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.profiles.schema import LawFile, MeasuredFile, ProfileFile, StageFile, VariantFile
from ipagym.profiles.yaml_file import first_problem, parsed, read_text
from ipagym.system.errors import InputError, unknown_name
from ipagym.task.objective import Objective

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A pipeline with the settings of the publication of its system.

    `tight_slo_s` is an SLO at which latency competes with accuracy and cost, for pipelines whose published SLO never
    binds.
    """

    pipeline: Pipeline
    objective: Objective
    batch_timeout_s: float
    max_age_s: float | None
    description: str
    tight_slo_s: float | None


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
    return _parsed(path, read_text(path, "profile"))


@lru_cache(maxsize=64)
def _parsed(path: Path, text: str) -> Profile:
    """The profile in the file's text, cached: environments are made by the hundred, and most time goes into reading
    YAML.
    """
    try:
        return _profile(ProfileFile.model_validate(parsed(path, text)))
    except ValidationError as error:
        raise InputError(f"{path.name}: {first_problem(error, ProfileFile)}") from None
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
            accuracy_by_combination={tuple(each.variants): each.accuracy for each in file.accuracy_by_combination},
        ),
        objective=Objective(**file.objective.model_dump()),
        batch_timeout_s=file.batch_timeout_s,
        max_age_s=file.max_age_s,
        description=file.description,
        tight_slo_s=file.tight_slo_s,
    )


def _stage(file: StageFile) -> Stage:
    return Stage(
        name=file.name,
        variants=tuple(map(_variant, file.variants)),
        batches=tuple(file.batches),
        after=None if file.after is None else tuple(file.after),
    )


def _variant(file: VariantFile) -> Variant:
    latency, on_cores = _latencies(file)
    return Variant(
        name=file.name,
        accuracy=file.accuracy,
        base_cores=file.base_cores,
        load_s=file.load_s,
        latency=latency,
        on_cores=on_cores,
        memory_mib=file.memory_mib,
        memory_request_mib=file.memory_request_mib,
    )


def _latencies(file: VariantFile) -> tuple[LatencyModel, dict[int, LatencyModel]]:
    """The latency on the base cores, and on others."""
    if file.law is not None:
        by_cores = {cores: _by_law(file.law, cores) for cores in range(1, file.law.max_cores + 1)}
    elif file.capacity_rps is not None:
        by_cores = {c: LatencyModel(average_s={1: 1 / r}, p99_s={1: 1 / r}) for c, r in file.capacity_rps.items()}
    else:
        base = MeasuredFile(average_s=file.average_s or {}, p99_s=file.p99_s or {}, throughput_rps=file.throughput_rps)
        by_cores = {cores: _as_measured(each) for cores, each in (file.on_cores | {file.base_cores: base}).items()}
    if file.base_cores not in by_cores:
        raise InputError(f"base_cores of {file.name} must be one of {sorted(by_cores)}, not {file.base_cores}")
    return by_cores.pop(file.base_cores), dict(sorted(by_cores.items()))


def _as_measured(file: MeasuredFile) -> LatencyModel:
    return LatencyModel(average_s=file.average_s, p99_s=file.p99_s, measured_rps=file.throughput_rps)


def _by_law(law: LawFile, cores: int) -> LatencyModel:
    p99_s = {batch: law.p99_s(batch, cores) for batch in range(1, law.max_batch + 1)}
    return LatencyModel(average_s={batch: law.average_share * s for batch, s in p99_s.items()}, p99_s=p99_s)
