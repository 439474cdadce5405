"""A connection of this process to a Ray cluster."""

import logging
import os
from importlib import import_module
from socket import create_connection
from types import ModuleType
from typing import Any

from ipagym.system.errors import InputError

LOCAL = "local"
"""In place of an address: a cluster that is started on this machine, and ends with the connection."""

PATIENCE_S = 10.0
"""How long the machine of a cluster may take to answer."""

STORE_BYTES = 256 * 2**20
"""The object store of a local cluster; what is sent is less than a megabyte at a time."""

ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0", "GRPC_VERBOSITY": "ERROR"}
"""The environment in which Ray is imported for a local cluster, where the user has not said otherwise. By the first it
listens to this machine only, on any system. The replicas of Serve listen to others in any case: whoever talks to them
must know the token that Ray has drawn for the user. The last keeps hints at forks out of the terminal.
"""


def imported(who: str, address: str = LOCAL) -> ModuleType:
    """Ray, which `who` needs, to be connected to an address.

    Raises:
        InputError: it is not installed.
    """
    if address == LOCAL:
        for name, value in ALONE.items():
            os.environ.setdefault(name, value)
    try:
        return import_module("ray")
    except ImportError as error:
        raise InputError(f"{who} needs Ray: install it with `pip install 'ipagym[ray]'`") from error


def ray_part(name: str) -> Any:
    """A part of Ray, such as `serve`, that is imported when it is used; its types differ between releases."""
    return import_module(f"ray.{name}")


def connect(address: str, asked: str, cpus: int | None = None) -> None:
    """Connect to the cluster at an address, or start a local one of so many CPUs (None: those of this machine).

    `asked` is what the user wrote. Where `imported` was the first to import Ray, only this machine reaches a local one.

    Raises:
        InputError: no cluster answers.
    """
    ray = import_module("ray")
    if address == LOCAL:
        _start(ray, cpus)
        return
    _check_answers(address, asked)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _nobody(asked, error) from error


def _start(ray: ModuleType, cpus: int | None) -> None:
    ray.init(
        address=LOCAL,
        num_cpus=cpus,
        num_gpus=0,
        include_dashboard=False,
        object_store_memory=STORE_BYTES,
        _node_ip_address="127.0.0.1",
        _system_config={"worker_niceness": 0},  # as our own worker processes
        log_to_driver=False,
        logging_level=logging.ERROR,
    )


def _check_answers(address: str, asked: str) -> None:
    """Refuse a port where nothing listens: Ray itself would try for minutes. What is no HOST:PORT it judges at once."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise _nobody(asked, error) from error


def _nobody(asked: str, error: Exception) -> InputError:
    return InputError(f"{asked}: no Ray cluster answers there ({error}): give its address or {LOCAL}")
