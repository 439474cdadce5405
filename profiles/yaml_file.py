"""YAML files of users, read with limits on size; errors are reported in one line."""

import json
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from reprlib import Repr
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from ipagym.system.errors import InputError
from ipagym.system.files import is_file

MAX_FILE_BYTES = 250_000

UNREADABLE = (
    yaml.YAMLError,
    OSError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    OverflowError,
    RecursionError,
)
"""Errors of PyYAML: its own, and those of its constructors, which do not validate their input."""

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2
"""Values in messages are shortened while they are formatted."""


class PlainLoader(yaml.SafeLoader):
    """A safe loader that refuses aliases and repeated keys. With aliases, a small file can describe a huge or infinite
    value. Of a repeated key in a mapping, PyYAML would silently use the last value.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node.

        Raises:
            ComposerError: it is an alias.
        """
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise ComposerError(None, None, "aliases are not supported: write the value again", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node.

        Raises:
            ConstructorError: a key is repeated.
        """
        seen = set[str]()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise ConstructorError(None, None, f"{key.value[:60]} appears twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """An integer; `1:30`, a base-60 number in YAML 1.1, is text here."""
        return node.value if ":" in node.value else self.construct_yaml_int(node)

    def construct_as_text(self, node: yaml.ScalarNode) -> str:
        """A date or a time as text, as in YAML 1.2 and JSON."""
        return str(node.value)


PlainLoader.add_constructor("tag:yaml.org,2002:int", PlainLoader.construct_number)
PlainLoader.add_constructor("tag:yaml.org,2002:timestamp", PlainLoader.construct_as_text)


def read_yaml(path: Path, what: str) -> Any:
    """The content of a YAML file that should hold a `what`.

    Raises:
        InputError: the file is missing, too large, or not YAML.
    """
    return parsed(path, read_text(path, what))


def documents_of(content: bytes, name: str) -> list[Any]:
    """The documents of a YAML or JSON text, in order; None for those that are empty.

    Raises:
        InputError: it is neither; the message begins with `name`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else f"other than UTF-8 at byte {error.start}"
        raise InputError(f"{name}: not a YAML text file, as it is {hint}: save it as UTF-8") from None
    if "\0" in text:
        raise InputError(f"{name}: not a YAML text file, as it holds zero bytes: save it as UTF-8")
    as_json = _json(text, name)
    return _parsed(name, lambda: list(yaml.load_all(text, PlainLoader))) if as_json is None else [as_json]


def _json(text: str, name: str) -> Any:
    """The value of a JSON text; None if it is not JSON."""
    if text.lstrip()[:1] != "{":
        return None
    try:
        return json.loads(text, object_pairs_hook=partial(_once, name), parse_constant=_no_number)
    except InputError:
        raise
    except (ValueError, RecursionError):
        return None  # flow style begins like JSON; the YAML parser reads it and reports its errors


def _once(name: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InputError(f"{name}: {key[:60]} appears twice in one object: leave one of them")
        found[key] = value
    return found


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def read_text(path: Path, what: str) -> str:
    """The text of a YAML file that should hold a `what`.

    Raises:
        InputError: the file is missing, too large, or not text.
    """
    if not is_file(path):
        raise InputError(f"{path.name}: no such file: give the path of a YAML {what}")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InputError(f"{path.name}: larger than {MAX_FILE_BYTES} bytes, which no {what} is")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise InputError(f"{path.name}: not a YAML text file") from None


def parsed(path: Path, text: str) -> Any:
    """The content of the file's text.

    Raises:
        InputError: it is not YAML.
    """
    return _parsed(path.name, lambda: yaml.load(text, PlainLoader))  # noqa: S506 (it is a SafeLoader)


def _parsed(name: str, parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InputError(f"{name}: line {line}: not valid YAML ({error.problem})") from None
    except UNREADABLE:
        raise InputError(f"{name}: not a YAML text file") from None


def first_problem(error: ValidationError, form: type[BaseModel] | None = None) -> str:
    """The first error in the content, and the number of further errors. With `form`, the schema it was checked against,
    the message suggests a field for a misspelt one.
    """
    problem = error.errors(include_url=False, include_context=False)[0]
    # <> contains the schema that was tried, for fields with several schemas.
    loc = [part for part in problem["loc"] if not str(part).startswith("<")]
    field = ".".join(str(part) for part in loc) or "the file"
    shown = "" if problem["type"] in ("missing", "value_error") else f": {_short(problem['input'])}"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "model_type":
        message = "Input should be a mapping of fields"
    if problem["type"] == "extra_forbidden" and form is not None:
        message += _nearest(str(loc[-1]), _fields(form, loc[:-1]))
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{field}{shown}: {message}{more}"


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f", did you mean {near[0]}?" if near else f", choose from {', '.join(known)}"


def _fields(form: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """The fields of the schema at that location, through lists and mappings of schemas."""
    forms = [form]
    for part in loc:
        inside = [each.model_fields[str(part)].annotation for each in forms if str(part) in each.model_fields]
        forms = [each for annotation in inside for each in _forms(annotation)] or forms
    return [name for each in forms for name in each.model_fields]


def _forms(annotation: Any) -> list[type[BaseModel]]:
    """The schemas in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [form for part in get_args(annotation) for form in _forms(part)]


def _short(value: object) -> str:
    try:
        return _SHORT.repr(value)
    except ValueError:  # an integer of more digits than Python writes out
        return f"a huge {type(value).__name__}"
