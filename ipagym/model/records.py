"""Windows as numpy records, for work on many clusters at once."""

import numpy as np
from numpy.typing import NDArray

from ipagym.model.window import StageWindow, Window

WINDOW_RECORD = np.dtype(
    [
        ("start_s", "f8"), ("end_s", "f8"), ("arrivals", "i8"), ("completed", "i8"), ("dropped", "i8"),
        ("violations", "i8"), ("in_system", "i8"), ("cores", "f8"), ("accuracy", "f8"), ("energy_j", "f8"),
        ("latency_p50_s", "f8"), ("latency_p99_s", "f8"), ("network_min_s", "f8"), ("network_mean_s", "f8"),
        ("network_max_s", "f8"),
    ],
    align=True,
)  # fmt: skip
"""A window without its arrays and its stages; the fields are named as in `Window`."""

DERIVED = ("latency_p50_s", "latency_p99_s", "network_min_s", "network_mean_s", "network_max_s")
"""The fields of WINDOW_RECORD that summarise an array of the window."""

STAGE_RECORD = np.dtype(
    [
        ("queue", "i8"), ("arrivals", "i8"), ("dropped", "i8"), ("utilisation", "f8"), ("ready", "i8"),
        ("starting", "i8"), ("pending", "i8"), ("draining", "i8"), ("resizing", "i8"), ("asleep", "i8"),
    ],
    align=True,
)  # fmt: skip
"""A stage's window; the fields are named as in `StageWindow`."""

Records = NDArray[np.void]


def records_of(window: Window) -> tuple[Records, Records]:
    """The window as WINDOW_RECORD of shape (1,) and STAGE_RECORD of shape (1, stages)."""
    derived = dict(zip(DERIVED, _derived(window), strict=True))
    values = tuple(derived[name] if name in derived else getattr(window, name) for name in WINDOW_RECORD.names or ())
    stages = [_stage_values(stage) for stage in window.stages]
    return np.array([values], dtype=WINDOW_RECORD), np.array([stages], dtype=STAGE_RECORD)


def _derived(window: Window) -> tuple[float, ...]:
    latency = (window.latency_quantile_s(0.5), window.latency_quantile_s(0.99))
    way = window.network_s
    if not way.size:
        return (*latency, 0.0, 0.0, 0.0)
    return (*latency, float(way.min()), float(np.cumsum(way)[-1]) / way.size, float(way.max()))


def _stage_values(stage: StageWindow) -> tuple[float, ...]:
    return tuple(getattr(stage, name) for name in STAGE_RECORD.names or ())
