"""The grid of a sweep: values for settings of a scenario, and a folder for each combination."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import product

from ipagym.system.errors import InputError

Value = float | int | bool | str | None

Point = Mapping[str, Value]
"""A value for each setting, by its name in a scenario file, such as `objective.alpha`."""

MOST_POINTS = 1000


def parse_setting(text: str) -> tuple[str, list[Value]]:
    """The setting and its values, written as `objective.alpha=1,2,8`.

    Raises:
        InputError: it is not written like that.
    """
    name, equals, values = text.partition("=")
    if not (name.strip() and equals):
        raise InputError(f"a setting is written as objective.alpha=1,2,8, not {text!r}")
    return name.strip(), parse_values(name.strip(), values)


def parse_values(name: str, text: str) -> list[Value]:
    """Values between commas: numbers, true, false, null, or texts.

    Raises:
        InputError: there is none.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise InputError(f"{name} needs values separated by commas, not {text!r}")
    return [_value(part) for part in parts]


def points(settings: Mapping[str, Sequence[Value]]) -> list[Point]:
    """All combinations, the last setting changing fastest.

    Raises:
        InputError: there is no setting, one has no value or one twice, or there are too many combinations.
    """
    if not settings:
        raise InputError("a sweep needs a setting with its values, such as --alpha 1,2,8")
    for name, values in settings.items():
        if not values or len(set(map(text_of, values))) < len(values):
            raise InputError(f"{name} needs values that differ, not {', '.join(map(text_of, values)) or 'none'}")
    found = [dict(zip(settings, values, strict=True)) for values in product(*settings.values())]
    if len(found) > MOST_POINTS:
        raise InputError(f"a sweep has at most {MOST_POINTS} combinations, not {len(found)}")
    return list(found)


def label(point: Point) -> str:
    """The settings in a few words, each by the last part of its name: `alpha=8, beta=0.5`."""
    return ", ".join(f"{short_name(name)}={text_of(value)}" for name, value in point.items())


def folder_name(point: Point) -> str:
    """The name of the folder of a combination, which any file system takes."""
    parts = [f"{name}={text_of(value)}" for name, value in point.items()]
    return "_".join(re.sub(r"[^\w.=+-]+", "-", part) for part in parts)


def short_name(setting: str) -> str:
    """The last part of the name of a setting."""
    return setting.rpartition(".")[2]


def text_of(value: Value) -> str:
    """The value as it is written; equal numbers are written alike."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return f"{value:.12g}" if isinstance(value, int | float) else value


def _value(text: str) -> Value:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, float | int | bool | None) else text
