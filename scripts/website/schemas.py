"""Reference of YAML files: every key with type, unit, bounds and default, from the pydantic schemas that check them.

What a key means is the docstring below it in the schema.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import griffe

from ipagym.cli.controllers import markdown
from ipagym.envs.scenario_schema import ScenarioFile
from ipagym.profiles.schema import ProfileFile, Strict

Schema = Mapping[str, Any]
"""A JSON schema, or a part of one."""

HEADINGS = ("key", "type", "unit", "bounds", "default", "meaning")

SUFFIXES = {"_s": "s", "_ms": "ms", "_rps": "requests/s", "_mib": "MiB", "_kib": "KiB", "_per_hour": "1/hour",
            "_watts_per_core": "W", "cores": "cores", "_replicas": "replicas", "batch": "requests",
            "batches": "requests", "max_queue": "requests"}  # fmt: skip
"""The ending of a name, and the unit of its values."""

BOUNDS = {"minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}", "exclusiveMaximum": "< {}",
          "minItems": "{} or more", "maxItems": "at most {}", "minProperties": "{} or more",
          "maxProperties": "at most {}"}  # fmt: skip
NAMES = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "null": "null"}


def scenario_page() -> str:
    """The reference of scenario files."""
    return _page(
        "Keys of a scenario file",
        "Every key of a scenario file, made from the schema that checks it (`envs/scenario_schema.py`). A file with "
        "another key, or a value of another type, is refused in one line. The same names are the keys of mappings in "
        "`gym.make` and `ipagym.make_scenario`. [Scenarios](../scenarios.md) explains how they work together.",
        ScenarioFile,
    )


def profile_page() -> str:
    """The reference of profile files."""
    return _page(
        "Keys of a profile file",
        "Every key of a profile, the file that describes a pipeline, made from the schema that checks it "
        "(`profiles/schema.py`). [Measured profiles](profiles.md) lists those of the package; the tutorial "
        "[your own pipeline](../tutorials/03-own-pipeline.md) writes one.",
        ProfileFile,
    )


def _page(title: str, text: str, model: type[Strict]) -> str:
    schema = model.model_json_schema()
    parts = {model.__name__: schema} | schema["$defs"]
    known = vars(sys.modules[model.__module__])
    sections = [_section(known[name], parts[name]) for name in _reachable(model.__name__, parts)]
    return "\n\n".join([f"# {title}", text, *sections]) + "\n"


def _reachable(name: str, parts: Mapping[str, Schema], met: frozenset[str] = frozenset()) -> Iterator[str]:
    """The model and all below it, each once, in the order in which a reader meets them."""
    yield name
    known = {*met, name}
    for prop in parts[name]["properties"].values():
        for below in _references(prop):
            if below not in known:
                found = list(_reachable(below, parts, frozenset(known)))
                known |= set(found)
                yield from found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def title_of(model: str) -> str:
    """The heading of a part: its class without `File`, in small letters."""
    return model.removesuffix("File").lower()


def _section(model: type[Strict], schema: Schema) -> str:
    meanings = _meanings(model)
    keys = schema["properties"].items()
    rows = [(f"`{key}`", *_form(each, key), _default(model, key), meanings[key]) for key, each in keys]
    return f"## {title_of(model.__name__)}\n\n{schema['description']}\n\n{markdown([HEADINGS, *rows])}"


def _form(schema: Schema, key: str) -> tuple[str, str, str]:
    """Type, unit and bounds of a key."""
    forms = [form for form in schema.get("anyOf") or schema.get("oneOf") or [schema] if form.get("type") != "null"]
    types = " or ".join(_type(form) for form in forms)
    return types, unit_of(key), "; ".join(filter(None, (_bounds(form) for form in forms)))


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = title_of(schema["$ref"].rpartition("/")[2])
        return f"[{name}](#{name})"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list: {_type(schema['items'])}"
    if schema.get("type") == "object":
        return f"mapping to: {_type(schema['additionalProperties'])}"
    return NAMES[schema["type"]]


def _bounds(schema: Schema) -> str:
    """Bounds of a value, or of the values in a list or mapping, and of how many there are."""
    own = [form.format(_number(schema[name])) for name, form in BOUNDS.items() if name in schema]
    inner = schema.get("items") or schema.get("additionalProperties") or {}
    return ", ".join([*own, *([f"each {below}"] if (below := _bounds(inner)) else [])]) if schema else ""


def _number(value: float) -> str:
    return f"{value:,.10g}" if abs(value) < 1e6 else f"{value:.0e}".replace("e+0", "e")


def _default(model: type[Strict], key: str) -> str:
    field = model.model_fields[key]
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "null"
    if isinstance(value, Strict):
        return "nothing set"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def unit_of(key: str) -> str:
    """The unit of a key's values by the ending of its name; empty if it has none."""
    return next((SUFFIXES[end] for end in sorted(SUFFIXES, key=len, reverse=True) if key.endswith(end)), "")


def _meanings(model: type[Strict]) -> dict[str, str]:
    """The docstrings of a model's fields."""
    path = Path(inspect.getfile(model))
    members = griffe.visit(path.stem, path, path.read_text(encoding="utf-8"))[model.__name__].members
    return {name: said.value for name in model.model_fields if (said := members[name].docstring)}
