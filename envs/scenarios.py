"""Scenarios by name: the problems of the package, and any profile under a workload."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from ipagym import workload
from ipagym.envs.changes import as_faults, as_weights, check_plain
from ipagym.envs.scenario_file import Choices, build, is_yaml, load_profile, named_by, read_scenario_file
from ipagym.envs.scenario_schema import ObjectiveFile, ScenarioFile
from ipagym.model.configuration import Limits
from ipagym.profiles.yaml_file import read_yaml
from ipagym.system.errors import InputError, unknown_name
from ipagym.system.files import is_file
from ipagym.task.faults import Faults
from ipagym.task.objective import Objective
from ipagym.task.physics import Physics
from ipagym.task.scenario import Scenario
from ipagym.task.telemetry import Telemetry

__all__ = ["FOLDER", "descriptions", "load_profile", "make_scenario", "names"]

Fields = Mapping[str, object]
"""Part of a scenario: JSON values by the names of their fields in a scenario file."""

Part = TypeVar("Part")

FOLDER = Path(__file__).parent / "problems"


def make_scenario(
    name: str,
    load: str | workload.Workload | Sequence[float] | None = None,
    *,
    slo_s: float | None = None,
    slo: str | None = None,
    trace: str | Path | None = None,
    interval_s: float | None = None,
    limits: Limits | Fields | None = None,
    physics: Physics | Fields | None = None,
    arrivals: str | None = None,
    faults: str | Faults | Fields | None = None,
    telemetry: Telemetry | Fields | None = None,
    network: str | Fields | None = None,
    objective: Objective | Fields | None = None,
    initial: Sequence[Fields] | Mapping[str, Fields] | None = None,
) -> Scenario:
    """A scenario: one of the package by name, or your own scenario or profile by the path of its YAML file.

    `load` is a workload, its name, or a list of rates, one per second; by default it is the scenario's own. `slo` is
    `paper` or `tight` (an SLO at which latency competes with accuracy and cost); `slo_s` is any other, in seconds.
    `trace` is the file of the Twitter trace from which the papers' windows are cut. `arrivals` replaces the scenario's
    rule that turns rates into timestamps: `uniform` keeps a trace's counts exactly. `faults` is the name of a mixture
    in `ipagym.task.faults` or a mapping of its fields; it replaces the scenario's faults.

    `initial` has a mapping for each stage, in order or by name, with the deployment that it starts with: `variant`,
    `replicas`, `batch`, `cores`. `network` may be the name of a network. `limits`, `physics`, `telemetry`, `network`
    and `objective` are objects, which replace those of the scenario, or mappings with the fields of a scenario file,
    such as `{"alpha": 20}`, which change only the fields they name.

    Raises:
        InputError: a name is unknown or a value cannot be used.
    """
    if slo is not None and slo_s is not None:
        raise InputError("give slo or slo_s, not both")
    check_plain(slo=slo, slo_s=slo_s, interval_s=interval_s, arrivals=arrivals)
    network = {"name": network} if isinstance(network, str) else network
    given = {"limits": limits, "physics": physics, "telemetry": telemetry, "network": network}
    if network is not None and not isinstance(network, Mapping):
        raise InputError(f"network must be the name of one or a mapping of fields, not {network!r}")
    changes: dict[str, object] = {name: value for name, value in given.items() if isinstance(value, Mapping)}
    choices = Choices(
        load=load,
        slo=slo if slo_s is None else slo_s,
        trace=trace,
        interval_s=interval_s,
        limits=_whole("limits", limits, Limits),
        physics=_whole("physics", physics, Physics),
        arrivals=arrivals,
        faults=_faults(faults),
        telemetry=_whole("telemetry", telemetry, Telemetry),
        objective=as_weights(objective)
        if isinstance(objective, Mapping)
        else _whole("objective", objective, Objective),
        changes=changes if initial is None else changes | {"initial": initial},
    )
    if is_yaml(name):
        return _from_file(Path(name), choices)
    if name not in names():
        raise unknown_name("scenario", name, names())
    return build(_shipped(name), FOLDER, choices)


def _whole(name: str, given: object, kind: type[Part]) -> Part | None:
    """A part that replaces the scenario's own; None if nothing is given, or a mapping that only changes the part.

    Raises:
        InputError: it is neither a mapping nor an object of that kind.
    """
    if given is None or isinstance(given, Mapping):
        return None
    if not isinstance(given, kind):
        raise InputError(f"{name} must be a mapping of fields or {kind.__name__}(...), not {given!r}")
    return given


def _objective(given: object) -> Objective | ObjectiveFile | None:
    return as_weights(given) if isinstance(given, Mapping) else _whole("objective", given, Objective)


def _faults(given: object) -> str | Faults | None:
    if isinstance(given, Mapping):
        return as_faults(given)
    return given if isinstance(given, str) else _whole("faults", given, Faults)


def names() -> list[str]:
    """The scenarios of the package."""
    return list(_shipped_names())


@cache
def _shipped_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def descriptions() -> dict[str, str]:
    """A one-sentence description of each scenario of the package, by name."""
    return {name: _shipped(name).description for name in names()}


@cache
def _shipped(name: str) -> ScenarioFile:
    return read_scenario_file(FOLDER / f"{name}.yaml")


def _from_file(path: Path, choices: Choices) -> Scenario:
    """The scenario of a YAML file; a profile gives a scenario with defaults for everything else."""
    if not is_file(path):
        raise InputError(f"no file {path}: give a path to a YAML scenario or profile, or a name from `ipagym list`")
    content = read_yaml(path, "scenario or profile")
    if isinstance(content, dict) and "stages" in content:
        return named_by(path, lambda: build(ScenarioFile(pipeline=path.name), path.parent, choices))
    return named_by(path, lambda: build(read_scenario_file(path), path.parent, choices))
