"""Scores of forecasts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PLANNED_QUANTILE = 0.9
"""Too little capacity costs nine times as much as too much: the quantile at which pinball loss is taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """SMAPE in percent, pinball loss and mean error in requests per second, and the share of forecasts too low."""

    smape_percent: float
    pinball_rps: float
    bias_rps: float
    under_share: float


def scores(forecasts: Floats, truth: Floats, quantile: float = PLANNED_QUANTILE) -> Scores:
    """The scores of forecasts, shape (n,), against the rates that came.

    SMAPE is the mean of 2·|f − x| / (|f| + |x|), 0 where both are 0; pinball loss that of max(q·(x − f), (q − 1)·(x −
    f)).
    """
    error, size = forecasts - truth, np.abs(forecasts) + np.abs(truth)
    return Scores(
        smape_percent=100 * float(np.mean(np.where(size > 0, 2 * np.abs(error) / np.maximum(size, 1e-12), 0.0))),
        pinball_rps=float(np.mean(np.maximum(-quantile * error, (1 - quantile) * error))),
        bias_rps=float(np.mean(error)),
        under_share=float(np.mean(error < 0)),
    )
