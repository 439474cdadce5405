"""Scenarios from YAML files: those of the package and your own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from ipagym import profiles, workload
from ipagym.envs.changes import changed
from ipagym.envs.scenario_schema import NetworkFile, ObjectiveFile, ScenarioFile
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.knobs import BATCH, KNOBS, REPLICAS, VARIANT
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.model.placement import check_placed, fitted
from ipagym.model.validity import check
from ipagym.profiles import Profile
from ipagym.profiles.yaml_file import first_problem, read_yaml
from ipagym.random.streams import Streams
from ipagym.system.errors import InputError
from ipagym.system.files import is_file
from ipagym.task.faults import Faults
from ipagym.task.faults import by_name as faults_by_name
from ipagym.task.objective import Objective
from ipagym.task.physics import DropPolicy, Physics
from ipagym.task.scenario import Scenario, lightest_configuration
from ipagym.task.telemetry import Telemetry
from ipagym.workload.catalogue import located, unused_trace
from ipagym.workload.network import Network, network_by_name
from ipagym.workload.rates import as_workload, checked_rates

INITIAL_RATE_WINDOW_S = 60
"""The initial configuration is sized for the mean rate of the workload's first minute and is ready at the start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """Replacements for parts of a scenario; None keeps a part as the file has it.

    `slo` is a number of seconds, or `paper` or `tight` for an SLO of the profile. `trace` is the file of the Twitter
    trace from which the papers' windows are cut. `changes` are fields of the file by part (`ipagym.envs.changes`).
    """

    load: str | workload.Workload | Sequence[float] | None = None
    slo: str | float | None = None
    trace: str | Path | None = None
    interval_s: float | None = None
    limits: Limits | None = None
    physics: Physics | None = None
    arrivals: str | None = None
    faults: str | Faults | None = None
    telemetry: Telemetry | None = None
    objective: Objective | ObjectiveFile | None = None
    changes: Mapping[str, object] = field(default_factory=dict)


def load_scenario(file: str | Path) -> Scenario:
    """A scenario from a YAML file.

    Raises:
        InputError: the file is missing, too large, not YAML, or not a scenario; one line names file, field and value.
    """
    path = Path(file)
    return named_by(path, lambda: build(read_scenario_file(path), path.parent, Choices()))


def read_scenario_file(path: Path) -> ScenarioFile:
    """The content of a scenario file.

    Raises:
        InputError: the file is missing, too large, not YAML, or not a scenario.
    """
    try:
        return ScenarioFile.model_validate(read_yaml(path, "scenario"))
    except ValidationError as error:
        raise InputError(f"{path.name}: {first_problem(error, ScenarioFile)}") from None


def build(file: ScenarioFile, folder: Path, choices: Choices) -> Scenario:
    """The scenario that a file describes; relative paths in it start at `folder`.

    Raises:
        InputError: a name is unknown or a value cannot be used.
    """
    file = changed(file, _in_order(file, folder, choices.changes))
    profile = load_profile(str(folder / file.pipeline) if is_yaml(file.pipeline) else file.pipeline)
    load, own_weights = _load(file, folder, choices)
    whole, limits = _closed(_up_to_max_batch(profile.pipeline, file), _limits(file, choices.limits), file.knobs)
    pipeline = replace(whole, slo_s=_slo_s(file, profile, choices.slo))
    scenario = Scenario(
        pipeline=pipeline,
        workload=load,
        initial=_initial(file, pipeline, limits, load),
        limits=limits,
        objective=_objective(_weighted(_weighted(profile.objective, file.objective), own_weights), choices.objective),
        physics=_physics(file, profile, limits, choices),
        interval_s=file.interval_s if choices.interval_s is None else choices.interval_s,
        telemetry=choices.telemetry or Telemetry(**file.telemetry.model_dump()),
        network=_network(file.network, Path() if "network" in choices.changes else folder),
    )
    check(scenario.initial, pipeline, limits)
    check_placed(scenario.initial, pipeline, limits)
    return scenario


def _in_order(file: ScenarioFile, folder: Path, changes: Mapping[str, object]) -> Mapping[str, object]:
    """The changes; an initial configuration given by stage names is put into the order of the stages."""
    given = changes.get("initial")
    if not isinstance(given, Mapping):
        return changes
    pipeline = load_profile(str(folder / file.pipeline) if is_yaml(file.pipeline) else file.pipeline).pipeline
    names = [stage.name for stage in pipeline.stages]
    if set(given) != set(names):
        raise InputError(f"initial must have an entry for each stage, {', '.join(names)}, not {', '.join(given)}")
    return {**changes, "initial": [given[name] for name in names]}


def load_profile(pipeline: str) -> Profile:
    """A profile by name, or from a YAML file if the name ends in .yaml or .yml."""
    if is_yaml(pipeline):
        path = Path(pipeline)
        if not is_file(path):
            raise InputError(f"no profile file {pipeline}: give a path to a YAML profile or a name from `ipagym list`")
        return profiles.load_file(path)
    return profiles.load(pipeline)


def is_yaml(name: str) -> bool:
    """True for the path of a YAML file, false for a name in the package."""
    return name.lower().endswith((".yaml", ".yml"))


def named_by(path: Path, made: Callable[[], Scenario]) -> Scenario:
    """The result of `made`; an error names the file."""
    try:
        return made()
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(path.name) else f"{path.name}: {error}") from None


def _load(file: ScenarioFile, folder: Path, choices: Choices) -> tuple[workload.Workload, ObjectiveFile]:
    """The load, and its own weights of the objective. Paths in the file start at its folder, chosen ones at the working
    folder.
    """
    name = file.workload if choices.load is None else choices.load
    if not isinstance(name, str):
        own = as_workload(name)
        if choices.trace is not None:
            raise unused_trace(own.name)
        return own, ObjectiveFile()
    if name in file.loads:
        known = file.loads[name]
        return workload.by_name(located(known.workload or name, folder), choices.trace), known.objective
    return workload.by_name(located(name, folder) if choices.load is None else name, choices.trace), ObjectiveFile()


def _network(given: NetworkFile | None, folder: Path) -> Network | None:
    """The network, if there is one. Its path starts at `folder`: that of the file, or the working folder."""
    if given is None:
        return None
    return network_by_name(_from(folder, given.name), given.payload_kib)


def _from(folder: Path, name: str) -> str:
    """The name of a network; if it has a path, it is resolved from the folder."""
    kind, colon, path = name.partition(":")
    return f"{kind}:{folder / path}" if kind == "trace" and colon and path else name


BOUNDS = {"max_replicas": REPLICAS.name, "max_deployments": VARIANT.name}
"""The fields of a file that bound a knob, with the knob's name."""


def _limits(file: ScenarioFile, chosen: Limits | None) -> Limits:
    """The limits of the file, or those chosen instead."""
    given = file.limits
    for bound in BOUNDS.keys() & given.model_fields_set:
        _check_open(f"limits.{bound}", getattr(given, bound), BOUNDS[bound], file)
    written = Limits(
        max_replicas=given.max_replicas,
        node_cores=None if given.node_cores is None else tuple(given.node_cores),
        max_deployments=given.max_deployments,
        max_cores=given.max_cores,
    )
    return chosen or written


def _check_open(bound: str, value: int, knob: str, file: ScenarioFile) -> None:
    """Refuse a bound on a knob that is not open."""
    if value != 1 and knob not in file.knobs:
        raise InputError(f"{bound} {value} does not apply: add {knob} to knobs, or leave it out")


def _up_to_max_batch(pipeline: Pipeline, file: ScenarioFile) -> Pipeline:
    """The pipeline without batch sizes above the largest allowed one."""
    if file.max_batch is None:
        return pipeline
    _check_open("max_batch", file.max_batch, BATCH.name, file)
    return replace(pipeline, stages=tuple(_with_batches(stage, file.max_batch) for stage in pipeline.stages))


def _with_batches(stage: Stage, most: int) -> Stage:
    if most < stage.batches[0]:
        raise InputError(f"max_batch {most} is below the smallest batch of stage {stage.name}, {stage.batches[0]}")
    return replace(stage, batches=tuple(batch for batch in stage.batches if batch <= most))


def _closed(pipeline: Pipeline, limits: Limits, names: Sequence[str]) -> tuple[Pipeline, Limits]:
    """The pipeline and the limits, with one choice left for each knob that is not in `names`."""
    stages = []
    for stage in pipeline.stages:
        for knob in KNOBS:
            if knob.name not in names:
                stage, limits = knob.close(stage, limits)
        stages.append(stage)
    return replace(pipeline, stages=tuple(stages)), limits


def _slo_s(file: ScenarioFile, profile: Profile, slo: str | float | None) -> float:
    if slo is None:
        return profile.pipeline.slo_s if file.slo_s is None else file.slo_s
    if not isinstance(slo, str):
        return slo
    if slo == "paper":
        return profile.pipeline.slo_s
    if slo == "tight" and profile.tight_slo_s is not None:
        return profile.tight_slo_s
    known = "paper" if profile.tight_slo_s is None else "paper or tight"
    raise InputError(f"slo of {profile.pipeline.name} must be a number of seconds or {known}, not {slo!r}")


def _initial(file: ScenarioFile, pipeline: Pipeline, limits: Limits, load: workload.Workload) -> Configuration:
    if file.initial is None:
        rates = checked_rates(load, Streams.spawn(0).load)
        lightest = lightest_configuration(pipeline, limits, float(rates[:INITIAL_RATE_WINDOW_S].mean()))
        return fitted(lightest, pipeline, limits)
    return Configuration(tuple(StageSetting.of(**setting.model_dump()) for setting in file.initial))


def _physics(file: ScenarioFile, profile: Profile, limits: Limits, choices: Choices) -> Physics:
    given, has_nodes = file.physics, limits.node_cores is not None
    if isinstance(file.faults, str):
        mixture = faults_by_name(file.faults, has_nodes=has_nodes)
    else:
        mixture = Faults(**file.faults.model_dump())
    usual_drop = DropPolicy(max_age_s=profile.max_age_s)
    written = Physics(
        order=given.order,
        batch_timeout_s=profile.batch_timeout_s if given.batch_timeout_s is None else given.batch_timeout_s,
        drop=usual_drop if given.drop is None else DropPolicy(**given.drop.model_dump()),
        service=given.service,
        arrivals=given.arrivals,
        resize_s=given.resize_s,
        keep_alive_s=given.keep_alive_s,
        profile_error=given.profile_error,
        faults=mixture,
    )
    physics = choices.physics or written
    if choices.arrivals is not None:
        physics = replace(physics, arrivals=choices.arrivals)
    if choices.faults is None:
        return physics
    chosen = choices.faults
    return replace(physics, faults=faults_by_name(chosen, has_nodes=has_nodes) if isinstance(chosen, str) else chosen)


def _objective(written: Objective, chosen: Objective | ObjectiveFile | None) -> Objective:
    """The objective of the file, a chosen one, or the file's with some weights changed."""
    if chosen is None:
        return written
    return _weighted(written, chosen) if isinstance(chosen, ObjectiveFile) else chosen


def _weighted(usual: Objective, given: ObjectiveFile) -> Objective:
    return replace(usual, **{name: value for name, value in given.model_dump().items() if value is not None})
