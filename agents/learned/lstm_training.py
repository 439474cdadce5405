"""Trains the papers' load forecasters, LSTMs on the maxima of past spans. Needs the `rl` extra (torch)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ipagym.forecast.lstm import HORIZONS, UNITS, Horizon, Weights, predict
from ipagym.system.errors import InputError
from ipagym.workload.days import DAYS
from ipagym.workload.trace import DAY_S

Floats = NDArray[np.float64]

TRAIN_S = len(DAYS["train"]) * DAY_S
"""The days of training, which are the first ones: 14, as in both papers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LstmSettings:
    """IPA's settings (its released training script); the learning rate is Adam's usual one.

    Counts of the trace are divided by `damping`; InfAdapter divides by 1.
    """

    horizon: Horizon = HORIZONS["ipa"]
    damping: int = 8
    epochs: int = 30
    batch: int = 64
    learning_rate: float = 1e-3
    l1: float = 1e-5
    seed: int = 7

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1:
            raise InputError(f"epochs and batch must be at least 1, not {self.epochs} and {self.batch}")


@dataclass(frozen=True, slots=True)
class Scores:
    """On the days not trained on: SMAPE and MAPE in percent, and the share of forecasts that were too low."""

    smape_percent: float
    mape_percent: float
    under_share: float


class Network(torch.nn.Module):
    """One LSTM layer with relu in place of tanh, then one linear unit, as Keras has them with `activation="relu"`."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = torch.nn.Parameter(torch.nn.init.xavier_uniform_(torch.empty(1, 4 * UNITS)))
        recurrent = [torch.nn.init.orthogonal_(torch.empty(UNITS, UNITS)) for _ in range(4)]
        self.recurrent = torch.nn.Parameter(torch.cat(recurrent, dim=1))
        bias = torch.zeros(4 * UNITS)
        bias[UNITS : 2 * UNITS] = 1.0
        self.bias = torch.nn.Parameter(bias)
        self.dense = torch.nn.Linear(UNITS, 1)

    def forward(self, maxima: torch.Tensor) -> torch.Tensor:
        """Forecasts, shape (n,), from scaled maxima, shape (n, history), the oldest first."""
        hidden = cell = torch.zeros(len(maxima), UNITS)
        for step in range(maxima.shape[1]):
            gates = maxima[:, step : step + 1] @ self.kernel + hidden @ self.recurrent + self.bias
            enter, keep, candidate, leave = gates.chunk(4, dim=1)
            cell = torch.sigmoid(keep) * cell + torch.sigmoid(enter) * torch.relu(candidate)
            hidden = torch.sigmoid(leave) * torch.relu(cell)
        forecast: torch.Tensor = self.dense(hidden).squeeze(1)
        return forecast


def samples(counts: NDArray[np.int64], horizon: Horizon = HORIZONS["ipa"]) -> tuple[Floats, Floats]:
    """Maxima of past spans, shape (n, history), and the highest rate ahead, shape (n,), one sample for every span."""
    bin_s, history = horizon.bin_s, horizon.history
    spans = counts[: len(counts) // bin_s * bin_s].reshape(-1, bin_s).max(axis=1).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(spans, history + horizon.ahead_s // bin_s)
    return windows[:, :history], windows[:, history:].max(axis=1)


def train(
    trace: NDArray[np.int64], settings: LstmSettings, progress: Callable[[int, int], None] = lambda done, total: None
) -> tuple[Weights, Scores]:
    """Weights trained on the first 14 days of a trace of counts per second, and their scores on the rest.

    Raises:
        InputError: the trace is not longer than that.
    """
    horizon = settings.horizon
    if len(trace) <= TRAIN_S + horizon.history * horizon.bin_s + horizon.ahead_s:
        raise InputError(f"the trace must be longer than {TRAIN_S} s to train on, not {len(trace)}")
    known, rest = (part[part > 0] // settings.damping for part in (trace[:TRAIN_S], trace[TRAIN_S:]))
    inputs, targets = samples(known, horizon)
    scale = float(targets.mean())
    torch.manual_seed(settings.seed)
    network = Network()
    data = [torch.tensor(part / scale, dtype=torch.float32) for part in (inputs, targets)]
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    for epoch in range(settings.epochs):
        progress(epoch, settings.epochs)
        _epoch(network, optimizer, data, settings)
    progress(settings.epochs, settings.epochs)
    weights = _weights(network, scale, horizon)
    seen, came = samples(rest, horizon)
    return weights, scores(predict(weights, seen), came)


def scores(forecasts: Floats, truth: Floats) -> Scores:
    """The errors of forecasts, shape (n,), against the true rates."""
    error, size = forecasts - truth, np.maximum(np.abs(truth), 1e-9)
    return Scores(
        smape_percent=100 * float(np.mean(2 * np.abs(error) / (np.abs(forecasts) + size))),
        mape_percent=100 * float(np.mean(np.abs(error) / size)),
        under_share=float(np.mean(error < 0)),
    )


def _epoch(
    network: Network, optimizer: torch.optim.Optimizer, data: list[torch.Tensor], settings: LstmSettings
) -> None:
    inputs, targets = data
    for which in torch.split(torch.randperm(len(inputs)), settings.batch):
        loss = torch.nn.functional.mse_loss(network(inputs[which]), targets[which])
        loss = loss + settings.l1 * network.kernel.abs().sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _weights(network: Network, scale: float, horizon: Horizon) -> Weights:
    def array(tensor: torch.Tensor) -> Floats:
        return np.asarray(tensor.detach().numpy(), dtype=np.float64)

    return Weights(
        kernel=array(network.kernel)[0],
        recurrent=array(network.recurrent),
        bias=array(network.bias),
        dense=array(network.dense.weight)[0],
        dense_bias=float(network.dense.bias.item()),
        scale_rps=scale,
        horizon=horizon,
    )
