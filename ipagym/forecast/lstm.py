"""IPA's load forecaster: an LSTM on the maxima of the last 12 spans of 10 s, for the highest rate of the next 20 s.

The shape is IPA's (§4; its released training script): one layer of 25 units with relu in place of tanh, then one linear
unit. Its own weights were not released; those shipped here were trained by `scripts/train_lstm.py`, see the card beside
them. Inference needs numpy only.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.errors import InputError
from ipagym.files import is_file

Floats = NDArray[np.float64]

UNITS, BIN_S, HISTORY = 25, 10, 12
SHIPPED = Path(__file__).parent / "weights" / "ipa_lstm.json"
SHAPES = {"kernel": (4 * UNITS,), "recurrent": (UNITS, 4 * UNITS), "bias": (4 * UNITS,), "dense": (UNITS,)}
MAX_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Weights:
    """The parameters; gates stand in the order input, forget, candidate, output. Rates are divided by `scale_rps`."""

    kernel: Floats
    recurrent: Floats
    bias: Floats
    dense: Floats
    dense_bias: float
    scale_rps: float

    def text(self) -> str:
        """The parameters as JSON, in eight digits."""
        arrays = {name: np.round(getattr(self, name), 8).tolist() for name in SHAPES}
        return json.dumps(arrays | {"dense_bias": round(self.dense_bias, 8), "scale_rps": self.scale_rps}) + "\n"


def load_weights(path: Path = SHIPPED) -> Weights:
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
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path} holds no weights of an LSTM ({type(error).__name__})") from None
    is_sound = all(arrays[name].shape == shape and np.isfinite(arrays[name]).all() for name, shape in SHAPES.items())
    if not (is_sound and np.isfinite(scalars["dense_bias"]) and 0 < scalars["scale_rps"] < float("inf")):
        raise InputError(f"{path} holds weights of another shape, or none that are finite")
    parameters: dict[str, Any] = arrays | scalars
    return Weights(**parameters)


def predict(weights: Weights, maxima_rps: Floats) -> Floats:
    """The highest rate of the next 20 s, shape (n,), from the last 12 maxima, shape (n, 12), the oldest first."""
    hidden = cell = np.zeros((len(maxima_rps), UNITS))
    for maximum in (maxima_rps / weights.scale_rps).T:
        gates = maximum[:, np.newaxis] * weights.kernel + hidden @ weights.recurrent + weights.bias
        enter, keep, candidate, leave = np.split(gates, 4, axis=1)
        cell = _sigmoid(keep) * cell + _sigmoid(enter) * np.maximum(candidate, 0.0)
        hidden = _sigmoid(leave) * np.maximum(cell, 0.0)
    return np.asarray(weights.scale_rps * (hidden @ weights.dense + weights.dense_bias))


class Lstm:
    """Forecasts with an LSTM; with less than two minutes seen, it is the highest rate so far (IPA's backup rule)."""

    def __init__(self, weights: Weights | None = None) -> None:
        self.weights = weights or load_weights()
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._recent: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second."""
        self._recent = np.concatenate([self._recent, arrivals_per_s])[-BIN_S * HISTORY :]

    def predict(self) -> float:
        """The rate to plan for, in requests per second; 0 before the first observation."""
        if not self._recent.size:
            return 0.0
        if self._recent.size < BIN_S * HISTORY:
            return float(self._recent.max())
        maxima = self._recent.reshape(HISTORY, BIN_S).max(axis=1).astype(np.float64)
        return max(0.0, float(predict(self.weights, maxima[np.newaxis])[0]))


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -500, 500))))
