"""What a data plane and its controller tell each other, over a socket that only the user can reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ipagym.model.configuration import Configuration
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

LOCK = "lock"
"""The file in a plane's folder that is locked as long as the plane runs, and has its process id."""

SOCKET = "socket"

ORDER = "order"
"""The file that a plane reads what it is to serve from."""

LONGEST_PATH = 100
"""Characters: the kernel takes 107 for the address of a socket."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What a plane is started with. It ends, with all that it runs, after `orphan_limit_s` s without a controller."""

    scenario: Scenario
    backend: str
    seed: int
    orphan_limit_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Greeting:
    """What a plane tells a controller that comes: what it serves, how far it is, and the windows that nobody has seen.

    Times in seconds: `now_s` is the end of the last window, `elapsed_s` the time that has really passed. `pid` is the
    plane's process, `pids` are those of the load generator and the replicas.
    """

    scenario_hash: str
    backend: str
    pid: int
    pids: tuple[int, ...]
    now_s: float
    elapsed_s: float
    configuration: Configuration
    unseen: Sequence[Window]


def socket_of(folder: Path) -> str:
    """The address of the plane's socket.

    Raises:
        InputError: the path is too long for one.
    """
    path = str(folder.absolute() / SOCKET)
    if len(path) > LONGEST_PATH:
        raise InputError(f"{folder} is too long a path for a socket: choose a shorter --state folder")
    return path
