"""Batches as tensors of the open inference protocol (V2): bytes, in binary (by its extension for that) or as text.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_binary_data.html
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

LENGTH_HEADER = "Inference-Header-Content-Length"
"""The header that says how many bytes of a body are JSON, where tensors follow them."""

SIZE = Struct("<I")

TEXT = "latin-1"
"""In JSON an element is a text with a character for each byte."""

INPUT, OUTPUT = "input", "output"


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a message, whose first `json_bytes` are JSON."""

    content: bytes
    json_bytes: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: answers to the items on so many cores, in binary or as text."""

    items: Sequence[bytes]
    cores: int
    is_binary: bool


def request(items: Sequence[bytes], cores: int) -> Body:
    """A request of a batch, answers in binary."""
    asked = {"name": OUTPUT, "parameters": {"binary_data": True}}
    return _with_tensor({"parameters": {"cores": cores}, "outputs": [asked]}, "inputs", INPUT, items)


def asked_in(content: bytes, json_bytes: int | None) -> Asked:
    """What a request asks for; cores are 1 where it has none.

    Raises:
        ValueError: the body is no such request.
    """
    head, items = _tensor_in(content, json_bytes, "inputs")
    outputs = head.get("outputs") or [{}]
    is_binary = bool(outputs[0].get("parameters", {}).get("binary_data", False))
    return Asked(items, int(head.get("parameters", {}).get("cores", 1)), is_binary)


def response(model: str, items: Sequence[bytes], *, is_binary: bool) -> Body:
    """The answers of a model."""
    if is_binary:
        return _with_tensor({"model_name": model}, "outputs", OUTPUT, items)
    texts = [item.decode(TEXT) for item in items]
    output = {"name": OUTPUT, "shape": [len(items)], "datatype": "BYTES", "data": texts}
    return _json_body({"model_name": model, "outputs": [output]})


def answers_in(content: bytes, json_bytes: int | None) -> Sequence[bytes]:
    """The answers in the body of a response.

    Raises:
        ValueError: the body is no such response.
    """
    return _tensor_in(content, json_bytes, "outputs")[1]


def _with_tensor(head: dict[str, Any], kind: str, name: str, items: Sequence[bytes]) -> Body:
    raw = b"".join(SIZE.pack(len(item)) + item for item in items)
    parameters = {"binary_data_size": len(raw)}
    tensor = {"name": name, "shape": [len(items)], "datatype": "BYTES", "parameters": parameters}
    plain = _json_body({**head, kind: [tensor]})
    return Body(plain.content + raw, plain.json_bytes)


def _json_body(fields: dict[str, Any]) -> Body:
    content = json.dumps(fields, separators=(",", ":")).encode()
    return Body(content, len(content))


def _tensor_in(content: bytes, json_bytes: int | None, kind: str) -> tuple[dict[str, Any], Sequence[bytes]]:
    try:
        head = json.loads(content[:json_bytes])
        tensor = head[kind][0]
        if "data" in tensor:
            return head, [str(text).encode(TEXT) for text in tensor["data"]]
        assert json_bytes is not None, f"no header {LENGTH_HEADER}"
        size = tensor["parameters"]["binary_data_size"]
        return head, list(_items(content[json_bytes : json_bytes + size]))
    except (KeyError, IndexError, TypeError, AttributeError, AssertionError) as error:
        raise ValueError(f"no tensor of bytes in {kind}: {error!r}") from None


def _items(raw: bytes) -> Iterable[bytes]:
    at = 0
    while at + SIZE.size <= len(raw):
        (size,) = SIZE.unpack_from(raw, at)
        at += SIZE.size
        yield raw[at : at + size]
        at += size
