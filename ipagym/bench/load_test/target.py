"""The request to a server, and the rule for successful answers."""

import json
from dataclasses import dataclass
from typing import Literal

import aiohttp

from ipagym.system.errors import InputError

Protocol = Literal["http", "v2"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A URL, and the body to POST to it; without a body, GET is used.

    `v2` is the Open Inference Protocol (KServe, Triton, MLServer): the URL is `…/v2/models/NAME/infer`, the body JSON
    with `inputs`, and an answer counts if it has `outputs`. With `http` every answer with a status below 400 counts.

    Raises:
        InputError: the URL is not an HTTP URL, or the body does not match the protocol.
    """

    url: str
    body: bytes | None = None
    protocol: Protocol = "http"

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise InputError(f"a URL begins with http:// or https://, not {self.url}")
        if self.protocol == "v2" and not _has(self.body, "inputs"):
            raise InputError("the body of a request of protocol v2 is JSON with inputs: give --body FILE")

    async def asked(self, session: aiohttp.ClientSession) -> tuple[int, bool]:
        """Send a request; the status of the answer, and whether it counts.

        Raises:
            TimeoutError, aiohttp.ClientError: there is no answer.
        """
        method = "GET" if self.body is None else "POST"
        kind = "application/json" if _is_json(self.body) else "application/octet-stream"
        headers = {} if self.body is None else {"Content-Type": kind}
        async with session.request(method, self.url, data=self.body, headers=headers) as response:
            content = await response.read()
            return response.status, response.status < 400 and (self.protocol == "http" or _has(content, "outputs"))


def _has(body: bytes | None, name: str) -> bool:
    content = _parsed(body)
    return isinstance(content, dict) and name in content


def _is_json(body: bytes | None) -> bool:
    return _parsed(body) is not None


def _parsed(body: bytes | None) -> object:
    try:
        return None if body is None else json.loads(body)
    except ValueError:
        return None
