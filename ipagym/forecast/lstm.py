"""The papers' load forecasters: one LSTM on the maxima of equal spans of the past.

IPA's (§4; its released training script) takes the last 12 maxima of 10 s and gives the highest rate of the next 20 s;
InfAdapter's takes 10 of a minute and gives that of the next minute. Both are one layer of 25 units with relu in place
of tanh, then one linear unit. Their weights were not released; those shipped here were trained by
`scripts/train_lstm.py`, see the cards beside them. Inference needs numpy only.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.forecast import Forecaster
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.forecast.recent_seconds import RecentSeconds
from ipagym.system.errors import InputError
from ipagym.system.files import is_file

Floats = NDArray[np.float64]

UNITS = 25
WEIGHTS = Path(__file__).parent / "weights"
SHAPES = {"kernel": (4 * UNITS,), "recurrent": (UNITS, 4 * UNITS), "bias": (4 * UNITS,), "dense": (UNITS,)}
MAX_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Horizon:
    """The history, as maxima of `history` spans of `bin_s` seconds, and the seconds ahead that are forecast."""

    bin_s: int
    history: int
    ahead_s: int

    def __post_init__(self) -> None:
        if min(self.bin_s, self.history, self.ahead_s) < 1 or max(self.bin_s * self.history, self.ahead_s) > 1_000_000:
            raise InputError(f"bin_s, history and ahead_s must be at least 1 and of a sensible size: {self}")


HORIZONS = {
    "ipa": Horizon(bin_s=10, history=12, ahead_s=20),
    "infadapter": Horizon(bin_s=60, history=10, ahead_s=60),
}
"""Those of the two papers."""

SHIPPED = {name: WEIGHTS / f"{name}_lstm.json" for name in HORIZONS}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Weights:
    """The parameters; gates stand in the order input, forget, candidate, output. Rates are divided by `scale_rps`."""

    kernel: Floats
    recurrent: Floats
    bias: Floats
    dense: Floats
    dense_bias: float
    scale_rps: float
    horizon: Horizon = HORIZONS["ipa"]

    def text(self) -> str:
        """The parameters as JSON, in eight digits."""
        arrays = {name: np.round(getattr(self, name), 8).tolist() for name in SHAPES}
        scalars = {"dense_bias": round(self.dense_bias, 8), "scale_rps": self.scale_rps}
        return json.dumps(asdict(self.horizon) | arrays | scalars) + "\n"


def load_weights(path: Path = SHIPPED["ipa"]) -> Weights:
    """Parameters from a file that `Weights.text` wrote.

    Raises:
        InputError: the file is missing, too large, or holds anything else.
    """
    if not is_file(path) or path.stat().st_size > MAX_BYTES:
        raise InputError(f"no weights in {path}: train some with scripts/train_lstm.py")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        arrays = {name: np.array(content[name], dtype=np.float64) for name in SHAPES}
        scalars = {name: float(content[name]) for name in ("dense_bias", "scale_rps")}
        spans = {name: int(content[name]) for name in ("bin_s", "history", "ahead_s")}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(f"{path} holds no weights of an LSTM ({type(error).__name__})") from None
    is_sound = all(arrays[name].shape == shape and np.isfinite(arrays[name]).all() for name, shape in SHAPES.items())
    if not (is_sound and np.isfinite(scalars["dense_bias"]) and 0 < scalars["scale_rps"] < float("inf")):
        raise InputError(f"{path} holds weights of another shape, or none that are finite")
    parameters: dict[str, Any] = arrays | scalars
    return Weights(**parameters, horizon=Horizon(**spans))


def predict(weights: Weights, maxima_rps: Floats) -> Floats:
    """The highest rate of the time ahead, shape (n,), from the last maxima, shape (n, history), the oldest first."""
    hidden = cell = np.zeros((len(maxima_rps), UNITS))
    for maximum in (maxima_rps / weights.scale_rps).T:
        gates = maximum[:, np.newaxis] * weights.kernel + hidden @ weights.recurrent + weights.bias
        enter, keep, candidate, leave = np.split(gates, 4, axis=1)
        cell = _sigmoid(keep) * cell + _sigmoid(enter) * np.maximum(candidate, 0.0)
        hidden = _sigmoid(leave) * np.maximum(cell, 0.0)
    return np.asarray(weights.scale_rps * (hidden @ weights.dense + weights.dense_bias))


class Lstm:
    """Forecasts with an LSTM, and as long as that has not seen enough with `backup`: without one, the highest rate so
    far (IPA's backup rule).
    """

    def __init__(self, weights: Weights | None = None, *, backup: Forecaster | None = None) -> None:
        self.weights = weights or load_weights()
        self._seconds = self.weights.horizon.bin_s * self.weights.horizon.history
        self._backup = backup or MovingMaximum(horizon_s=self._seconds, smooth_s=1)
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._backup.reset()
        self._recent = RecentSeconds(self._seconds)

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second."""
        self._backup.observe(arrivals_per_s)
        self._recent.observe(arrivals_per_s)

    def predict(self) -> float:
        """The rate to plan for, in requests per second; 0 before the first observation."""
        if self._recent.counts.size < self._seconds:
            return self._backup.predict()
        maxima = self._recent.counts.reshape(-1, self.weights.horizon.bin_s).max(axis=1).astype(np.float64)
        return max(0.0, float(predict(self.weights, maxima[np.newaxis])[0]))


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -500, 500))))
