"""Episodes as tasks of a Ray cluster.

A task runs its episode in a fenced process below the Ray worker that it was given to. So an agent that ends its process
loses only its own episode. This differs from the loss of a Ray worker: Ray runs that task again.
"""

import logging
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from socket import create_connection
from types import ModuleType
from typing import Any, TypeVar
from uuid import uuid4

from pebble import ProcessPool

from ipagym.bench.storage.code_mark import package_mark
from ipagym.system.errors import InputError, IpagymError, in_one_line
from ipagym.system.fence import Fence
from ipagym.system.processes import Lost, opened, run_sent

LOCAL = "local"
"""In place of an address: a cluster that is started on this machine for the run, and ends with it."""

RETRIES = 3
"""Number of retries of a task whose Ray worker or machine is lost."""

PATIENCE_S = 10.0
"""How long the machine of a cluster may take to answer."""

STORE_BYTES = 256 * 2**20
"""The object store of a local cluster; what is sent is less than a megabyte an episode."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class OnRay:
    """The Ray cluster that this process is connected to."""

    def run(self, tasks: Sequence[Callable[[], Result]], fence: Fence) -> Iterator[tuple[int, Result | Lost]]:
        """The number of each task with its result, in order of completion.

        Raises:
            IpagymError: the cluster has another version of ipagym, or is lost.
        """
        ray = _imported()
        remote = ray.remote(max_retries=RETRIES, num_cpus=1)(_run)
        wave = Wave(uuid4().hex, fence, package_mark())
        left = deque(enumerate(tasks))
        running: dict[Any, int] = {}
        try:
            while left or running:
                while left and len(running) < _at_once(ray):
                    number, task = left.popleft()
                    running[remote.remote(pickle.dumps(task), wave)] = number
                done = ray.wait(list(running))[0][0]
                yield running.pop(done), _result(ray, done)
        finally:
            for task in running:
                ray.cancel(task, force=True)


@dataclass(frozen=True, slots=True)
class Wave:
    """The tasks of one call; processes are not shared between calls. `package` is the mark of the code with which they
    must run.
    """

    name: str
    fence: Fence
    package: str


@contextmanager
def chosen(address: str | None, workers: int) -> Iterator[OnRay | None]:
    """The cluster that was asked for, or none.

    Raises:
        InputError: Ray is not installed, or no cluster answers.
    """
    if address is None:
        yield None
        return
    with on_ray(address, workers) as executor:
        yield executor


@contextmanager
def on_ray(address: str, workers: int) -> Iterator[OnRay]:
    """The cluster at an address, or a local one of so many workers; one that this process is connected to already is
    used as it is, and kept.

    Raises:
        InputError: Ray is not installed, or no cluster answers.
    """
    ray = _imported()
    if ray.is_initialized():
        yield OnRay()
        return
    _connect(ray, address, workers)
    try:
        yield OnRay()
    finally:
        ray.shutdown()


def _imported() -> ModuleType:
    try:
        return import_module("ray")
    except ImportError as error:
        raise InputError("--ray needs Ray: install it with `pip install 'ipagym[ray]'`") from error


def _connect(ray: ModuleType, address: str, workers: int) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == LOCAL:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            address=LOCAL,
            num_cpus=workers,
            num_gpus=0,
            include_dashboard=False,
            object_store_memory=STORE_BYTES,
            _node_ip_address="127.0.0.1",
            _system_config={"worker_niceness": 0},  # as our own worker processes
            **quiet,
        )
        return
    _check_answers(address)
    try:
        ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"--ray {address}: no Ray cluster answers there ({error}): give its address or local"
        ) from error


def _check_answers(address: str) -> None:
    """Refuse a port where nothing listens: Ray itself would try for minutes. Ray refuses other addresses at once."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise InputError(
            f"--ray {address}: no Ray cluster answers there ({error}): give its address or local"
        ) from error


def _at_once(ray: ModuleType) -> int:
    """Number of tasks submitted at once: enough that an autoscaling cluster grows."""
    return max(64, 4 * int(ray.cluster_resources().get("CPU", 1)))


def _result(ray: ModuleType, task: Any) -> Any:
    """The result, or `Lost` where Ray ran the task in vain."""
    try:
        return ray.get(task)
    except ray.exceptions.RayTaskError as error:
        raise IpagymError(f"a Ray worker cannot run episodes: {_cause(error)}") from error
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError) as error:
        return Lost(f"its Ray worker was lost {RETRIES + 1} times ({type(error).__name__})")


def _cause(error: Any) -> str:
    return in_one_line(error.cause) if isinstance(error.cause, IpagymError) else f"{error.cause}"


@dataclass(slots=True)
class _Open:
    """The fenced process of this Ray worker, and the wave that it is for."""

    wave: Wave | None = None
    pool: ProcessPool | None = None
    closing: ExitStack = field(default_factory=ExitStack)


_OPEN = _Open()


def _run(content: bytes, wave: Wave) -> Any:
    """In a Ray worker: the result of a task, or `Lost`."""
    if package_mark() != wave.package:
        raise IpagymError(
            "the ipagym installed there differs from the one here: install the same version on all machines"
        )
    return run_sent(content, _pool_for(wave), wave.fence)


def _pool_for(wave: Wave) -> ProcessPool:
    if _OPEN.wave != wave or _OPEN.pool is None:
        _OPEN.closing.close()
        _OPEN.pool = _OPEN.closing.enter_context(opened(1, wave.fence))
        _OPEN.wave = wave
    return _OPEN.pool
