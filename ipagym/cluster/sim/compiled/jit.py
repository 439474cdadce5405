"""The compilation of the engine's functions."""

import logging
from collections.abc import Callable
from functools import cache
from multiprocessing import parent_process
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import event

from ipagym.system.errors import InputError
from ipagym.system.machine_code import HAS_COMPILER, TURN, keep

LOGGER = logging.getLogger("ipagym")

Function = TypeVar("Function", bound=Callable[..., object])

# Nothing is allocated in the engine, so nothing needs to be counted: without reference counts it compiles in a third
# of the time and runs several times as fast.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
UNSEEN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

ENTRIES: set[Callable[..., object]] = set()
"""The functions that Python may call."""


def kernel(function: Function) -> Function:
    """Compile a function for others of the engine; it lacks what a call from Python would need."""
    compiled: Function = njit(**OPTIONS, **UNSEEN)(function)
    return compiled


def entry(function: Function) -> Function:
    """Compile a function that Python calls; the machine code is kept on disk and the interpreter lock let go.

    Without numba's compiler it raises an `InputError` when it is called.
    """
    if not HAS_COMPILER:
        return cast(Function, _without_compiler)
    compiled = njit(nogil=True, **OPTIONS)(function)
    ENTRIES.add(function)
    keep(compiled, function)
    return cast(Function, compiled)


def _without_compiler(*_: object) -> object:
    """The functions here work on addresses of state: nothing but machine code can run them.

    Raises:
        InputError: always.
    """
    raise InputError(
        "the compiled simulator needs numba's compiler, which NUMBA_DISABLE_JIT switches off: unset it, "
        'or simulate with the SimPy engine (`--backend simpy`, `backend="simpy"`)'
    )


class Announcement(event.Listener):
    """Tells once, through the logger `ipagym`, that the engine is being compiled, which takes a while.

    Of several processes that is the one that compiles for all; where each does for itself, the first of them.
    """

    def on_start(self, event: Any) -> None:
        """The compilation of some function begins."""
        if event.data["dispatcher"].py_func in ENTRIES and (TURN.is_mine or parent_process() is None):
            _tell_compiling()

    def on_end(self, event: Any) -> None:
        """It ends."""


@cache
def _tell_compiling() -> None:
    LOGGER.warning("compiling the simulator: once for this version, about 20 s")


event.register("numba:compile", Announcement())
