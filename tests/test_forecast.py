"""Forecasters on loads whose future is plain, and the LSTM against torch."""

import json
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ipagym.agents.learned import lstm_training
from ipagym.agents.learned.lstm_training import LstmSettings, Network, samples, scores, train
from ipagym.forecast.catalogue import FORECASTERS, make_forecaster
from ipagym.forecast.evaluation import walk_all
from ipagym.forecast.ewma import Ewma
from ipagym.forecast.holt_winters import HoltWinters
from ipagym.forecast.lstm import SHAPES, Lstm, Weights, load_weights, predict
from ipagym.forecast.margin import WithMargin
from ipagym.forecast.maxima import WeightedMaxima, reactive
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.forecast.oracle import Oracle
from ipagym.forecast.scores import scores as forecast_scores
from ipagym.system.errors import InputError
from ipagym.workload.trace import paper_window

TRACE = Path(__file__).parents[2] / "shared" / "data" / "twitter_trace" / "workload.tbz2"
needs_trace = pytest.mark.skipif(not TRACE.is_file(), reason="the Twitter trace is not at hand")


def observed(forecaster: MovingMaximum, *parts: list[int]) -> float:
    for part in parts:
        forecaster.observe(np.array(part, dtype=np.int64))
    return forecaster.predict()


def test_nothing_observed_is_no_load() -> None:
    assert MovingMaximum().predict() == 0


def test_constant_load_is_itself() -> None:
    assert observed(MovingMaximum(), [7] * 10) == 7


def test_single_second_is_its_own_mean() -> None:
    assert observed(MovingMaximum(smooth_s=5), [9]) == 9


def test_peak_is_averaged_over_the_smoothing() -> None:
    assert observed(MovingMaximum(smooth_s=2), [0, 0, 10, 0]) == 5
    assert observed(MovingMaximum(smooth_s=1), [0, 0, 10, 0]) == 10


def test_mean_spans_two_observations() -> None:
    assert observed(MovingMaximum(smooth_s=2), [0, 6], [8, 0]) == 7


def test_peak_is_forgotten_after_the_horizon() -> None:
    forecaster = MovingMaximum(horizon_s=20)
    assert observed(forecaster, [50] * 10, [10] * 10) == 50
    assert observed(forecaster, [10] * 10) == 10


def test_reset_forgets() -> None:
    forecaster = MovingMaximum()
    observed(forecaster, [50] * 10)
    forecaster.reset()
    assert forecaster.predict() == 0


@pytest.mark.parametrize(("horizon_s", "smooth_s"), [(20, 0), (1, 2)])
def test_unusable_settings_are_refused(horizon_s: int, smooth_s: int) -> None:
    with pytest.raises(InputError, match="smooth_s"):
        MovingMaximum(horizon_s=horizon_s, smooth_s=smooth_s)


def test_reactive_is_the_maximum_of_the_last_ten_seconds() -> None:
    forecaster = reactive()
    assert forecaster.predict() == 0.0
    forecaster.observe(np.array([9, 1, 2]))
    assert forecaster.predict() == 9.0
    forecaster.observe(np.array([3, 4, 5, 6, 7, 1, 1, 1]))
    assert forecaster.predict() == 7.0
    forecaster.reset()
    assert forecaster.predict() == 0.0


def test_weighted_maxima_weigh_the_last_span_first() -> None:
    forecaster = WeightedMaxima(weights=(0.5, 0.25), intercept_rps=1.0, bin_s=2, history=3)
    forecaster.observe(np.array([8, 1, 2, 4]))
    assert forecaster.predict() == 8.0
    forecaster.observe(np.array([6, 3]))
    assert forecaster.predict() == 0.5 * 6 + 0.25 * 4 + 1.0


@pytest.mark.parametrize(
    "settings", [{"weights": ()}, {"weights": (float("nan"),)}, {"bin_s": 0}, {"weights": (1.0, 1.0), "history": 1}]
)
def test_unusable_weights_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        WeightedMaxima(**settings)


def test_the_oracle_knows_what_comes() -> None:
    oracle = Oracle(np.array([1.0, 2.0, 9.0, 3.0, 4.0]), horizon_s=2)
    told = []
    for _ in range(6):
        told.append(oracle.predict())
        oracle.observe(np.zeros(1, dtype=np.int64))
    assert told == [2.0, 9.0, 9.0, 4.0, 4.0, 0.0]


def test_a_margin_is_put_on_and_rounded() -> None:
    for rounded, expected in ((round, 8.0), (floor, 7.0)):
        forecaster = WithMargin(reactive(), 0.1, rounded=rounded)
        forecaster.observe(np.array([7]))
        assert forecaster.predict() == expected
    with pytest.raises(InputError, match="margin"):
        WithMargin(reactive(), -1.0)


@pytest.mark.parametrize("seconds", [1, 59, 60, 61, 300, 600, 900])
def test_ewma_is_that_of_pandas(seconds: int) -> None:
    counts = np.random.default_rng(seconds).integers(0, 100, size=seconds)
    forecaster = Ewma()
    for part in np.array_split(counts, 7):
        forecaster.observe(part)
    kept = counts[-600:][::-1]
    maxima = [kept[start : start + 60].max() for start in range(0, len(kept), 60)][::-1]
    assert forecaster.predict() == pytest.approx(pd.Series(maxima).ewm(span=10).mean().iloc[-1])


def random_weights(seed: int) -> Weights:
    rng = np.random.default_rng(seed)
    arrays = {name: rng.normal(scale=0.3, size=shape) for name, shape in SHAPES.items()}
    return Weights(**arrays, dense_bias=0.5, scale_rps=10.0)  # type: ignore[arg-type]


def test_the_lstm_is_that_of_torch() -> None:
    torch = pytest.importorskip("torch")
    weights, inputs = random_weights(1), np.random.default_rng(2).uniform(0, 40, size=(50, 12))
    network = Network()
    with torch.no_grad():
        network.kernel.copy_(torch.tensor(weights.kernel[np.newaxis]))
        network.recurrent.copy_(torch.tensor(weights.recurrent))
        network.bias.copy_(torch.tensor(weights.bias))
        network.dense.weight.copy_(torch.tensor(weights.dense[np.newaxis]))
        network.dense.bias.copy_(torch.tensor([weights.dense_bias]))
        expected = 10.0 * network(torch.tensor(inputs / 10.0, dtype=torch.float32)).numpy()
    assert predict(weights, inputs) == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_weights_come_back_from_their_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text(random_weights(3).text())
    inputs = np.random.default_rng(4).uniform(0, 40, size=(5, 12))
    assert predict(load_weights(path), inputs) == pytest.approx(predict(random_weights(3), inputs), abs=1e-5)


@pytest.mark.parametrize("change", [{"kernel": [1.0]}, {"bias": "x"}, {"scale_rps": 0}, {"dense_bias": None}])
def test_damaged_weights_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(json.loads(random_weights(3).text()) | change))
    with pytest.raises(InputError, match="weights"):
        load_weights(path)


def test_the_shipped_lstm_follows_a_steady_load_and_backs_off_without_a_history() -> None:
    forecaster = Lstm()
    assert forecaster.predict() == 0.0
    forecaster.observe(np.array([3, 12]))
    assert forecaster.predict() == 12.0
    for rate in (5, 15, 30):
        forecaster.observe(np.full(120, rate))
        assert forecaster.predict() == pytest.approx(rate, rel=0.25, abs=1.5)


@needs_trace
def test_the_oracle_beats_the_lstm_and_the_lstm_beats_the_reactive_rule() -> None:
    counts = np.array(paper_window("bursty", TRACE).counts)
    inputs, truth = samples(counts)
    forecasts = {"oracle": truth, "lstm": predict(load_weights(), inputs), "reactive": inputs[:, -1]}
    smape = {name: scores(forecast, truth).smape_percent for name, forecast in forecasts.items()}
    assert smape["oracle"] == 0.0 < smape["lstm"] < smape["reactive"]


def test_training_learns_and_repeats_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lstm_training, "TRAIN_S", 20_000)
    waves = 80 + 60 * np.sin(np.arange(26_000) / 300)
    trace = np.random.default_rng(0).poisson(waves).astype(np.int64)
    few = [train(trace, LstmSettings(epochs=2)) for _ in range(2)]
    many = train(trace, LstmSettings(epochs=12))
    assert few[0][0].text() == few[1][0].text()
    assert many[1].smape_percent < few[0][1].smape_percent
    with pytest.raises(InputError, match="longer than"):
        train(trace[:1000], LstmSettings())


@pytest.mark.parametrize("name", sorted(FORECASTERS))
def test_every_forecaster_follows_a_steady_load_and_survives_odd_ones(name: str) -> None:
    forecaster = make_forecaster(name)
    assert forecaster.predict() == 0.0
    rate = 60 if "infadapter" in name else 15
    forecaster.observe(np.full(900, rate))
    assert forecaster.predict() == pytest.approx(rate, rel=0.3, abs=1.5)
    for counts in ([0] * 900, [0, 10_000] * 300, [7], []):
        forecaster.observe(np.array(counts, dtype=np.int64))
        assert 0 <= forecaster.predict() < 1e6
    forecaster.reset()
    assert forecaster.predict() == 0.0


def test_holt_winters_follows_a_trend_and_a_season() -> None:
    rising = HoltWinters(bin_s=1, ahead=2)
    rising.observe(np.arange(400))
    assert rising.predict() == pytest.approx(401, abs=2)
    waves = HoltWinters(bin_s=1, ahead=1, period=10)
    season = np.array([0, 5, 10, 15, 20, 20, 15, 10, 5, 0])
    waves.observe(np.tile(season, 100))
    predicted = []
    for value in season:
        predicted.append(waves.predict())
        waves.observe(np.array([value]))
    assert predicted == pytest.approx(season, abs=1.5)
    with pytest.raises(InputError, match="alpha"):
        HoltWinters(alpha=0.0)


def test_scores_are_those_of_their_formulas() -> None:
    found = forecast_scores(np.array([8.0, 12.0, 0.0]), np.array([10.0, 10.0, 0.0]))
    assert found.smape_percent == pytest.approx(100 * (4 / 18 + 4 / 22) / 3)
    assert found.pinball_rps == pytest.approx((0.9 * 2 + 0.1 * 2) / 3)
    assert (found.under_share, found.bias_rps) == (pytest.approx(1 / 3), pytest.approx(0.0))  # type: ignore[comparison-overlap]


@needs_trace
def test_the_quantile_model_is_right_about_how_often_it_is_too_low() -> None:
    counts = np.concatenate([np.array(paper_window(n, TRACE).counts) for n in ("bursty", "steady-low", "fluctuating")])
    courses = walk_all({name: make_forecaster(name) for name in ("quantile", "lstm", "reactive")}, counts)
    assert courses["oracle"].scores.pinball_rps == 0.0
    assert 0.03 < courses["quantile"].scores.under_share < 0.2
    losses = [courses[name].scores.pinball_rps for name in ("quantile", "lstm", "reactive")]
    assert losses == sorted(losses)
