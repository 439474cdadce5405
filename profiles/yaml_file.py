"""YAML files of users: read within bounds, and what is wrong with one said in a line."""

from pathlib import Path
from reprlib import Repr
from typing import Any

import yaml
from pydantic import ValidationError

from ipagym.errors import InputError

MAX_FILE_BYTES = 1_000_000

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2
"""Values in messages are cut while they are written: aliases let a small file stand for a huge value."""


def read_yaml(path: Path, what: str) -> Any:
    """The content of a YAML file that should hold a `what`.

    Raises:
        InputError: the file is missing, too large, or not YAML.
    """
    if not path.is_file():
        raise InputError(f"{path.name}: no such file: give the path of a YAML {what}")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InputError(f"{path.name}: larger than {MAX_FILE_BYTES} bytes, which no {what} is")
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InputError(f"{path.name}: line {line}: not valid YAML ({error.problem})") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError):
        raise InputError(f"{path.name}: not a YAML text file") from None


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with the content, and how many more are."""
    problem = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in problem["loc"]) or "the file"
    shown = "" if problem["type"] in ("missing", "value_error") else f": {_SHORT.repr(problem['input'])}"
    message = problem["msg"].removeprefix("Value error, ")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{field}{shown}: {message}{more}"
