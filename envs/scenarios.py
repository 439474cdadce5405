"""Scenarios by name: the reference problems of the package, and any profile under a workload."""

from collections.abc import Sequence
from pathlib import Path

from ipagym import workload
from ipagym.envs.scenario_file import Choices, build, is_yaml, load_profile, named_by, read_scenario_file
from ipagym.envs.scenario_schema import ScenarioFile
from ipagym.model.configuration import Limits
from ipagym.profiles.yaml_file import read_yaml
from ipagym.system.errors import InputError, unknown_name
from ipagym.system.files import is_file
from ipagym.task.physics import Physics
from ipagym.task.scenario import Scenario
from ipagym.task.telemetry import Telemetry

__all__ = ["FOLDER", "descriptions", "load_profile", "make_scenario", "names"]

FOLDER = Path(__file__).parent / "problems"


def make_scenario(
    name: str,
    load: str | workload.Workload | Sequence[float] | None = None,
    *,
    slo_s: float | None = None,
    slo: str | None = None,
    trace: str | Path | None = None,
    interval_s: float | None = None,
    limits: Limits | None = None,
    physics: Physics | None = None,
    arrivals: str | None = None,
    faults: str | None = None,
    telemetry: Telemetry | None = None,
) -> Scenario:
    """A scenario of the package by name, one of your own, or a profile (both by the path of a YAML file) under a load.

    `load` is a workload, its name, or a list of rates, one per second; without one the scenario's own is used. `slo`
    is `paper` or `tight` (an SLO at which latency competes with accuracy and cost), `slo_s` any other. `trace` is the
    Twitter trace file that the papers' windows are cut from. `arrivals` is the rule by which rates become timestamps,
    instead of that of the physics: with `uniform` a trace's counts come as they are. `faults` names a mixture of
    `ipagym.task.faults`, which replaces those of the scenario; `telemetry` replaces how figures reach controllers.

    Raises:
        InputError: a name is unknown or a value cannot be used.
    """
    if slo is not None and slo_s is not None:
        raise InputError("give slo or slo_s, not both")
    choices = Choices(
        load=load,
        slo=slo if slo_s is None else slo_s,
        trace=trace,
        interval_s=interval_s,
        limits=limits,
        physics=physics,
        arrivals=arrivals,
        faults=faults,
        telemetry=telemetry,
    )
    if is_yaml(name):
        return _from_file(Path(name), choices)
    if name not in names():
        raise unknown_name("scenario", name, names())
    return build(_shipped(name), FOLDER, choices)


def names() -> list[str]:
    """The scenarios of the package."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def descriptions() -> dict[str, str]:
    """A sentence for each scenario of the package, by name."""
    return {name: _shipped(name).description for name in names()}


def _shipped(name: str) -> ScenarioFile:
    return read_scenario_file(FOLDER / f"{name}.yaml")


def _from_file(path: Path, choices: Choices) -> Scenario:
    """A scenario of one's own; a profile stands for the scenario that says no more than its name."""
    if not is_file(path):
        raise InputError(f"no file {path}: give a path to a YAML scenario or profile, or a name from `ipagym list`")
    content = read_yaml(path, "scenario or profile")
    if isinstance(content, dict) and "stages" in content:
        return named_by(path, lambda: build(ScenarioFile(pipeline=path.name), path.parent, choices))
    return named_by(path, lambda: build(read_scenario_file(path), path.parent, choices))
