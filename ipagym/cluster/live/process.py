"""Child processes on a socket pair, each in a session of its own."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

GRACE_S = 2.0
"""Seconds that a child has to end by itself once its stream is closed."""

START = """
import sys, types
from pathlib import Path
name, folder = "", Path(sys.argv[2])
for part in ("ipagym", "cluster", "live", "children"):
    name, folder = (f"{name}.{part}", folder / part) if name else (part, folder)
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(folder)]
from importlib import import_module
import_module(f"{name}.{sys.argv[3]}").main()
"""
"""What a child runs. It makes the packages above its own without running them: that would take a third of a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Child:
    """A running child and our end of its stream."""

    process: subprocess.Popen[bytes]
    stream: socket.socket

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def hang_up(self) -> None:
        """Close the stream, upon which the child ends."""
        self.stream.close()

    def end(self, grace_s: float = GRACE_S) -> None:
        """Wait until the child has ended; kill it if that takes longer than `grace_s`."""
        self.hang_up()
        try:
            self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def spawn(module: str, told: Mapping[str, Any], errors: Path) -> Child:
    """Start `main` of a module in `children`, which is told the mapping, our process id and its stream.

    What it writes to standard output and error is added to the file `errors`; libraries are told to use one thread.
    """
    ours, theirs = socket.socketpair()
    with theirs, errors.open("ab") as said:
        argument = json.dumps({**told, "parent": os.getpid(), "stream": theirs.fileno()})
        process = subprocess.Popen(  # noqa: S603 - this interpreter, running code of this folder
            [sys.executable, "-P", "-c", START, argument, str(HERE.parents[1]), module],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
    return Child(process, ours)


def last_words(errors: Path) -> str:
    """The last line that a child wrote into the file, or nothing."""
    lines = errors.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
