"""One replica: a process that serves batches from its stream, one at a time, until the stream ends."""

import json
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from time import perf_counter
from typing import Any

from ipagym.cluster.live.children.framing import READY, Inbox, Message
from ipagym.cluster.live.children.pacing import paced
from ipagym.cluster.live.children.parent_death import die_with

Serve = Callable[[Sequence[bytes], int], Sequence[bytes]]
"""The answers to a batch on so many cores."""

RECEIVED_AT_ONCE = 65536


def main() -> None:
    """Load the model that the first argument names, say so, and serve."""
    told = json.loads(sys.argv[1])
    die_with(told["parent"])
    stream = socket.socket(fileno=told["stream"])
    serve = loaded(told["model"])
    stream.sendall(Message(READY, 0.0).packed())
    inbox = Inbox()
    while received := stream.recv(RECEIVED_AT_ONCE):
        for message in inbox.take(received):
            begun = perf_counter()
            answers = serve(message.items, int(message.value))
            stream.sendall(Message(message.number, perf_counter() - begun, answers).packed())


def loaded(model: Mapping[str, Any]) -> Serve:
    """The model: the function `load` of a module beside this one, called with the model's settings; where it has a
    `core_share`, one core is that share of a real one.
    """
    module = import_module(f"ipagym.cluster.live.children.{model['module']}")
    serve: Serve = module.load(**model["settings"])
    share = model.get("core_share")
    return serve if share is None else paced(serve, share)
