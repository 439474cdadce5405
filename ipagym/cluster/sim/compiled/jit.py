"""How the engine's functions are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])

# Nothing is allocated in the engine, so nothing needs to be counted: without reference counts it compiles in a third
# of the time and runs several times as fast.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
UNSEEN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: Function) -> Function:
    """Compile a function that is called from other compiled ones only."""
    compiled: Function = njit(**OPTIONS, **UNSEEN)(function)
    return compiled


def entry(function: Function) -> Function:
    """Compile a function that Python calls; the machine code is kept on disk and the interpreter lock let go."""
    compiled: Function = njit(cache=True, nogil=True, **OPTIONS)(function)
    return compiled
