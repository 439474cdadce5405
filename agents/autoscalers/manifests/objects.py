"""Files of manifests, and the objects of the Kubernetes API in them: YAML or JSON, several documents, lists."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipagym.profiles.yaml_file import MAX_FILE_BYTES, documents_of
from ipagym.system.errors import InputError

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """The content of a file, read once: a pipe cannot be read twice, and other processes get the content."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Object:
    """An object of the API: `place` is its place in the files, `name` the name in its metadata or empty."""

    place: str
    version: str
    kind: str
    name: str
    content: dict[Any, Any]

    @property
    def group(self) -> str:
        """The group of the API: `autoscaling` of `autoscaling/v2`; empty for the core."""
        return self.version.rpartition("/")[0]

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{self.kind[:60]} {self.name[:60]}".strip()


def read_source(path: str | Path) -> Source:
    """The file of that name, with any suffix; `-` is standard input; pipes are read to their end.

    Raises:
        InputError: there is no such file, it cannot be read, or it is too large.
    """
    name = "stdin" if str(path) == STDIN else Path(path).name or str(path)
    try:
        content = _read(path)
    except (OSError, ValueError) as error:
        reason = "is a folder" if isinstance(error, IsADirectoryError) else "cannot be read"
        missing = isinstance(error, FileNotFoundError | ValueError)
        raise InputError(
            f"no manifest {path}: give the path of a YAML or JSON file, or - for standard input"
            if missing
            else f"{name}: {reason}: give the path of a YAML or JSON file, or - for standard input"
        ) from None
    if len(content) > MAX_FILE_BYTES:
        raise InputError(f"{name}: larger than {MAX_FILE_BYTES} bytes: keep the autoscalers only")
    return Source(name, content)


def _read(path: str | Path) -> bytes:
    """The content, up to one byte more than the largest allowed file."""
    if str(path) == STDIN:
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    with Path(path).open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def objects_of(source: Source) -> list[Object]:
    """The objects in a file, in order; empty documents are left out.

    Raises:
        InputError: it is not YAML or JSON, or a document is not an object; one line says which.
    """
    documents = enumerate(_documents(source), start=1)
    found = [(f"{source.name}: document {number}", each) for number, each in documents if each is not None]
    if not found:
        raise InputError(f"{source.name}: is empty: give a file with an autoscaler")
    return [item for place, document in found for item in _objects(place, document)]


def _documents(source: Source) -> list[Any]:
    try:
        return documents_of(source.content, source.name)
    except InputError as error:
        hint = ": it is a template of Helm: give what helm template prints" if b"{{" in source.content else ""
        raise InputError(f"{error}{hint}") from None


def _objects(place: str, document: Any) -> Iterator[Object]:
    """The object, or the objects in a `List`, as `kubectl get` writes it."""
    one = _object(place, document)
    items = one.content.get("items")
    if not one.kind.endswith("List") or items is None:
        yield one
        return
    if not isinstance(items, list):
        raise InputError(f"{place}: items: is {_what(items)}: a {one.kind[:60]} has a list of objects")
    for number, item in enumerate(items, start=1):
        yield from _objects(f"{place}, item {number}", _as_item(one, item))


def _as_item(whole: Object, item: Any) -> Any:
    """An item of a list; in the API's lists of one kind, items have no kind of their own."""
    kind = whole.kind.removesuffix("List")
    return {"kind": kind, "apiVersion": whole.version, **item} if kind and isinstance(item, dict) else item


def _object(place: str, document: Any) -> Object:
    if not isinstance(document, dict):
        raise InputError(f"{place}: is {_what(document)}: an object of the API is a mapping with apiVersion and kind")
    for field in ("kind", "apiVersion"):
        if field not in document:
            raise InputError(f"{place}: lacks {field}: an object of the API has apiVersion and kind")
        if not isinstance(document[field], str) or not document[field]:
            raise InputError(f"{place}: {field}: must be a text, not {_what(document[field])}")
    metadata = document.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise InputError(f"{place}: metadata: must be a mapping, not {_what(metadata)}")
    return Object(
        place=place,
        version=document["apiVersion"],
        kind=document["kind"],
        name=_name(place, metadata),
        content=document,
    )


def _name(place: str, metadata: dict[Any, Any]) -> str:
    name = metadata.get("name", "")
    if not isinstance(name, str):
        raise InputError(f"{place}: metadata.name: must be a text, not {_what(name)}: write it in quotes")
    return name


def annotations_of(found: Object, *path: str) -> dict[str, str]:
    """The annotations of an object, or of the template at that path in it; values are texts.

    Raises:
        InputError: a value is not a text, or a part of the path is not a mapping.
    """
    place, inside, path = found.place, found.content, (*path, "metadata")
    for part in path:
        inside = inside.get(part) or {}
        if not isinstance(inside, dict):
            raise InputError(f"{place}: {part}: must be a mapping, not {_what(inside)}")
    annotations = inside.get("annotations") or {}
    if not isinstance(annotations, dict):
        raise InputError(f"{place}: {'.'.join(path)}.annotations: must be a mapping, not {_what(annotations)}")
    for key, value in annotations.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise InputError(
                f"{place}: {'.'.join(path)}.annotations.{str(key)[:80]}: must be a text, not {_what(value)}: "
                "write it in quotes"
            )
    return annotations


def _what(value: object) -> str:
    kinds = {
        dict: "a mapping",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return "nothing" if value is None else kinds.get(type(value), f"a {type(value).__name__}")
