"""Parts of a scenario given as mappings of a scenario file's fields, which replace the values of the file."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from ipagym.envs.scenario_schema import FaultsFile, ObjectiveFile, ScenarioFile
from ipagym.profiles.schema import Name, Seconds, Strict
from ipagym.profiles.yaml_file import first_problem
from ipagym.system.errors import InputError
from ipagym.task.faults import Faults

Form = TypeVar("Form", bound=BaseModel)

PARTS = ("limits", "physics", "telemetry", "network")
"""The parts that a mapping changes field by field; other fields keep the values of the file."""


class PlainChoices(Strict):
    """The arguments that are single values."""

    slo_s: Seconds | None = None
    slo: Literal["paper", "tight"] | None = None
    interval_s: Seconds | None = None
    arrivals: Name | None = None


def check_plain(**values: object) -> None:
    """Refuse single values of a wrong type or out of bounds.

    Raises:
        InputError: naming the argument and the value.
    """
    _validated(PlainChoices, values)


def changed(file: ScenarioFile, changes: Mapping[str, object]) -> ScenarioFile:
    """The file with the fields replaced that the mappings name, part by part.

    Raises:
        InputError: a field is unknown, or its value cannot be used.
    """
    if not changes:
        return file
    return _validated(ScenarioFile, _merged(file.model_dump(exclude_unset=True), changes))


def as_faults(given: Mapping[str, object]) -> Faults:
    """The mixture of faults that a mapping describes.

    Raises:
        InputError: a field is unknown, or its value cannot be used.
    """
    return Faults(**_validated(FaultsFile, given, "faults.").model_dump())


def as_weights(given: Mapping[str, object]) -> ObjectiveFile:
    """The weights of the objective that a mapping names.

    Raises:
        InputError: a weight is unknown, or its value cannot be used.
    """
    return _validated(ObjectiveFile, given, "objective.")


def _validated(form: type[Form], values: Mapping[str, object], prefix: str = "") -> Form:
    try:
        return form.model_validate(_plain(values))
    except ValidationError as error:
        raise InputError(f"{prefix}{first_problem(error, form)}") from None


def _merged(written: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with the changes applied, field by field where both values are mappings."""
    merged = dict(written)
    for name, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if both else value
    return merged


def _plain(value: Any) -> Any:
    """Mappings and sequences as JSON types, so that tuples and other mappings are also accepted."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
