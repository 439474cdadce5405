"""A scenario with changed settings, named as in a scenario file: `objective.alpha`, `slo_s`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ipagym import workload
from ipagym.envs.scenarios import make_scenario
from ipagym.system.errors import InputError, unknown_name
from ipagym.task.scenario import Scenario

PARTS = ("objective", "limits", "physics", "telemetry", "network", "faults")
"""Parts with fields, which are written after a dot."""

SINGLE = ("slo_s", "slo", "interval_s", "arrivals", "faults", "network")


def scenario_with(
    name: str,
    settings: Mapping[str, object],
    *,
    load: str | workload.Workload | Sequence[float] | None = None,
    trace: str | Path | None = None,
) -> Scenario:
    """`make_scenario(name, load)` with these settings.

    Raises:
        InputError: a setting is unknown, or a value cannot be used.
    """
    nested: dict[str, Any] = {}
    for setting, value in settings.items():
        _put(nested, setting, value)
    return make_scenario(name, load, trace=trace, **nested)


def _put(nested: dict[str, Any], setting: str, value: object) -> None:
    first, *rest = setting.split(".")
    if first not in (PARTS if rest else SINGLE):
        raise unknown_name("setting", setting, [*SINGLE, *(f"{part}." for part in PARTS), "objective.alpha"])
    *way, last = first, *rest
    for part in way:
        nested = nested.setdefault(part, {})
        if not isinstance(nested, dict):
            raise InputError(f"give {part} or {setting}, not both")
    if isinstance(nested.get(last), dict):
        raise InputError(f"give {setting} or its fields, not both")
    nested[last] = value
