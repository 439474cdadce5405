"""A linear quantile forecaster: a high quantile of the highest rate ahead, straight from past maxima and means.

Linear models on the recent past are hard to beat in forecasting (Zeng et al., AAAI 2023), and who plans capacity
needs a quantile rather than the middle (Koenker and Bassett, Econometrica, 1978). Features are taken relative to the
mean of the history, so that one set of weights serves loads of every size. Those shipped were fitted by
`scripts/fit_linear_quantile.py`, see the card beside them.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipagym.forecast.lstm import HORIZONS, WEIGHTS
from ipagym.forecast.recent_seconds import RecentSeconds
from ipagym.system.errors import InputError
from ipagym.system.files import is_file

Floats = NDArray[np.float64]

HORIZON = HORIZONS["ipa"]
SECONDS = HORIZON.bin_s * HORIZON.history
FEATURES = 2 * HORIZON.history + 1
SHIPPED = WEIGHTS / "linear_quantile.json"
MAX_BYTES = 100_000
LEAST_RPS = 1.0
"""Histories of less than this are not divided by it: an empty minute has no size to go by."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Coefficients:
    """One weight for each feature, by quantile (0..1)."""

    by_quantile: dict[float, Floats]

    def text(self) -> str:
        """The coefficients as JSON, in eight digits."""
        return json.dumps({str(q): np.round(w, 8).tolist() for q, w in self.by_quantile.items()}) + "\n"


def load_coefficients(path: Path = SHIPPED) -> Coefficients:
    """Coefficients from a file that `Coefficients.text` wrote.

    Raises:
        InputError: the file is missing, too large, or holds anything else.
    """
    if not is_file(path) or path.stat().st_size > MAX_BYTES:
        raise InputError(f"no coefficients in {path}: fit some with scripts/fit_linear_quantile.py")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        weights = {float(q): np.array(values, dtype=np.float64) for q, values in content.items()}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(f"{path} holds no coefficients ({type(error).__name__})") from None
    if not weights or any(w.shape != (FEATURES,) or not np.isfinite(w).all() for w in weights.values()):
        raise InputError(f"{path} holds coefficients of another shape, or none that are finite")
    return Coefficients(by_quantile=weights)


def features(seconds: Floats) -> tuple[Floats, Floats]:
    """Features, shape (n, F), and sizes, shape (n,), of histories, shape (n, 120), the oldest second first.

    The size is the mean rate; features are the maxima and the means of each span of 10 s over the size, and a one.
    """
    spans = seconds.reshape(len(seconds), HORIZON.history, HORIZON.bin_s)
    size = np.maximum(seconds.mean(axis=1), LEAST_RPS)
    relative = np.concatenate([spans.max(axis=2), spans.mean(axis=2)], axis=1) / size[:, np.newaxis]
    return np.concatenate([relative, np.ones((len(seconds), 1))], axis=1), size


class LinearQuantile:
    """Forecasts a quantile of the highest rate of the next 20 s; the highest so far before two minutes have passed."""

    def __init__(self, quantile: float = 0.9, coefficients: Coefficients | None = None) -> None:
        known = (coefficients or load_coefficients()).by_quantile
        if quantile not in known:
            raise InputError(f"quantile must be one of {sorted(known)}, not {quantile}")
        self.quantile = quantile
        self._weights = known[quantile]
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._recent = RecentSeconds(SECONDS)

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second."""
        self._recent.observe(arrivals_per_s)

    def predict(self) -> float:
        """The rate to plan for, in requests per second; 0 before the first observation."""
        if self._recent.counts.size < SECONDS:
            return float(self._recent.counts.max(initial=0))
        inputs, size = features(self._recent.counts[np.newaxis].astype(np.float64))
        return max(0.0, float((inputs @ self._weights * size)[0]))
