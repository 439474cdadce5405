"""Ray Serve as a place where replicas run."""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.ray_serve.servers import RayServers
from ipagym.system.errors import IpagymError
from ipagym.system.ray_connection import LOCAL, connect, imported, ray_part

ADDRESS = "RAY_ADDRESS"
"""The environment variable with the address of a cluster; without it one is started on this machine."""

END_S = 30.0
"""Seconds that Ray may take to end the applications of a cluster."""

LOOK_S = 0.1

CONTROLLER = {"name": "SERVE_CONTROLLER_ACTOR", "namespace": "serve"}
"""The actor that a Ray cluster has while Serve runs there."""


class RayServe:
    """Runs replicas on the Ray cluster that the process is connected to, that `RAY_ADDRESS` names, or on a local one.

    Of these `close` ends what `open` began: its connection, with a local cluster; Serve, where it did not run and
    nobody else uses it now; and the applications, all of whose names begin with `prefix`, in any case.
    """

    def __init__(self) -> None:
        self.prefix = f"ipagym-{uuid4().hex[:8]}"
        self._episodes = count()
        self._is_open = False
        self._has_connected = False
        self._is_local = False
        self._has_started_serve = False

    def open(self) -> None:
        """Connect, and start Serve where it does not run.

        Raises:
            InputError: Ray is not installed, or no cluster answers.
        """
        if self._is_open:
            return
        address = os.environ.get(ADDRESS) or LOCAL
        ray = imported("the backend ray", address)
        if not ray.is_initialized():
            with _signals_kept():
                connect(address, f"{ADDRESS}={address}")
            self._has_connected, self._is_local = True, address == LOCAL
        self._is_open = True
        self._has_started_serve = CONTROLLER not in ray.util.list_named_actors(all_namespaces=True)
        serve = ray_part("serve")

        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        if self._has_started_serve:
            serve.start(proxy_location="Disabled", logging_config={"log_level": "ERROR"})

    def servers(self, dispatcher: Dispatcher, errors: Path) -> RayServers:
        """The applications of a new episode."""
        return RayServers(dispatcher, errors, f"{self.prefix}-{next(self._episodes)}")

    def close(self) -> None:
        """Wait until the applications are gone, and end what `open` began.

        Raises:
            IpagymError: applications are still there after `END_S` seconds.
        """
        if not self._is_open:
            return
        import ray

        serve = ray_part("serve")

        self._is_open = False
        try:
            if not self._is_local:
                self._wait_for_end()
                if self._has_started_serve and not serve.status().applications:
                    serve.shutdown()
        finally:
            if self._has_connected:
                self._has_connected = self._is_local = False
                ray.shutdown()

    def _wait_for_end(self) -> None:
        serve = ray_part("serve")

        until_s = time.monotonic() + END_S
        while left := [name for name in serve.status().applications if name.startswith(self.prefix)]:
            if time.monotonic() > until_s:
                raise IpagymError(f"Ray Serve has not ended {', '.join(left)} within {END_S:g} s")
            time.sleep(LOOK_S)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Have SIGTERM handled afterwards as it was before: Ray takes it, which would cut off what ends in good order."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
