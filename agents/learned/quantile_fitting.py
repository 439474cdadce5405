"""Fits the linear quantile forecaster, with statsmodels (the `forecast` extra)."""

import numpy as np
from numpy.typing import NDArray

from ipagym.agents.learned.lstm_training import TRAIN_S
from ipagym.forecast.linear_quantile import HORIZON, SECONDS, Coefficients, features
from ipagym.forecast.scores import Scores, scores
from ipagym.system.errors import InputError

Floats = NDArray[np.float64]

QUANTILES = (0.5, 0.8, 0.9, 0.95, 0.99)
DAMPING = 8


def histories(counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Histories of two minutes, shape (n, 120), and the highest rate of the 20 s after each, shape (n,), every 10 s."""
    length = SECONDS + HORIZON.ahead_s
    windows = np.lib.stride_tricks.sliding_window_view(counts.astype(np.float64), length)[:: HORIZON.bin_s]
    return windows[:, :SECONDS], windows[:, SECONDS:].max(axis=1)


def fit(trace: NDArray[np.int64]) -> tuple[Coefficients, dict[float, Scores]]:
    """Coefficients fitted to the first 14 days of a trace, and the scores of each quantile on the rest.

    Raises:
        InputError: the trace is not longer than that, or statsmodels is missing.
    """
    try:
        from statsmodels.regression.quantile_regression import QuantReg
    except ImportError:
        raise InputError("fitting needs statsmodels: install ipagym[forecast]") from None
    if len(trace) <= TRAIN_S + SECONDS + HORIZON.ahead_s:
        raise InputError(f"the trace must be longer than {TRAIN_S} s to train on, not {len(trace)}")
    known, rest = (histories(part[part > 0] // DAMPING) for part in (trace[:TRAIN_S], trace[TRAIN_S:]))
    inputs, size = features(known[0])
    model = QuantReg(known[1] / size, inputs)
    weights = {quantile: np.asarray(model.fit(q=quantile).params) for quantile in QUANTILES}
    unseen, unseen_size = features(rest[0])
    found = {q: scores(unseen @ w * unseen_size, rest[1], q) for q, w in weights.items()}
    return Coefficients(by_quantile=weights), found
