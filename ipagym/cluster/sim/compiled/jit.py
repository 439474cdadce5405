"""How the engine's functions are compiled."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import event

LOGGER = logging.getLogger("ipagym")

Function = TypeVar("Function", bound=Callable[..., object])

# Nothing is allocated in the engine, so nothing needs to be counted: without reference counts it compiles in a third
# of the time and runs several times as fast.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
UNSEEN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: Function) -> Function:
    """Compile a function for others of the engine; it lacks what a call from Python would need."""
    compiled: Function = njit(**OPTIONS, **UNSEEN)(function)
    return compiled


def entry(function: Function) -> Function:
    """Compile a function that Python calls; the machine code is kept on disk and the interpreter lock let go."""
    compiled = njit(nogil=True, **OPTIONS)(function)
    try:
        compiled.enable_caching()
    except RuntimeError:
        LOGGER.warning("compiled code cannot be kept for the next start: set NUMBA_CACHE_DIR to a writable folder")
    return cast(Function, compiled)


class Announcement(event.Listener):
    """Tells once, through the logger `ipagym`, that the engine is being compiled, which takes a while."""

    def __init__(self) -> None:
        self._was_told = False

    def on_start(self, event: Any) -> None:
        """The compilation of some function begins."""
        function = event.data["dispatcher"].py_func
        if not self._was_told and function.__module__ == "ipagym.cluster.sim.compiled.loop":
            self._was_told = True
            LOGGER.warning("compiling the simulator: once for this version, about 20 s")

    def on_end(self, event: Any) -> None:
        """It ends."""


event.register("numba:compile", Announcement())
