"""The load generator: an open loop that sends the number of each request at its time, whatever the cluster does."""

import json
import socket
import sys
from array import array
from pathlib import Path
from struct import Struct
from time import monotonic, sleep

from ipagym.cluster.live.children.parent_death import die_with

SENT = Struct("=Qd")
"""The number of a request, and when it was really sent, on the clock that all processes of a machine share."""

START = Struct("=d")

LOADED = b"R"
"""What the generator says when it has read its schedule."""

SPIN_S = 0.0003
"""A thread wakes from sleep up to so late: the last bit is waited for without sleep."""


def main() -> None:
    """Read the schedule, receive the start, then send from request `first` on; end with the stream."""
    told = json.loads(sys.argv[1])
    die_with(told["parent"])
    stream = socket.socket(fileno=told["stream"])
    schedule_s = array("d")
    schedule_s.frombytes(Path(told["schedule"]).read_bytes())
    stream.sendall(LOADED)
    (start_s,) = START.unpack(_received(stream, START.size))
    for number in range(told["first"], len(schedule_s)):
        wait_until(start_s + schedule_s[number])
        stream.sendall(SENT.pack(number, monotonic()))
    stream.recv(1)


def wait_until(due_s: float) -> None:
    """Return at that time of the monotonic clock, or at once where it has passed."""
    if (rest_s := due_s - monotonic() - SPIN_S) > 0:
        sleep(rest_s)
    while monotonic() < due_s:
        pass


def _received(stream: socket.socket, size: int) -> bytes:
    """So many bytes; the process ends where the stream does before."""
    received = b""
    while len(received) < size:
        part = stream.recv(size - len(received))
        if not part:
            raise SystemExit(0)
        received += part
    return received
