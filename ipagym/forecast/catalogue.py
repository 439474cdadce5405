"""Forecasters by name."""

from collections.abc import Callable
from dataclasses import dataclass
from math import floor

from ipagym.forecast import Forecaster
from ipagym.forecast.arima import Arima
from ipagym.forecast.ewma import Ewma
from ipagym.forecast.holt_winters import HoltWinters
from ipagym.forecast.linear_quantile import LinearQuantile
from ipagym.forecast.lstm import SHIPPED, Lstm, load_weights
from ipagym.forecast.margin import WithMargin
from ipagym.forecast.maxima import reactive
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.system.errors import unknown_name


@dataclass(frozen=True, slots=True)
class ForecasterEntry:
    """A forecaster on offer."""

    description: str
    make: Callable[[], Forecaster]


def _infadapter_lstm() -> Lstm:
    return Lstm(load_weights(SHIPPED["infadapter"]), backup=Ewma())


FORECASTERS: dict[str, ForecasterEntry] = {
    "reactive": ForecasterEntry("the highest rate of the last 10 s (IPA)", reactive),
    "max": ForecasterEntry("the highest 2-second rate of the last 20 s", MovingMaximum),
    "max-2min": ForecasterEntry(
        "the highest 2-second rate of the last 2 min (IPA's backup rule)", lambda: MovingMaximum(horizon_s=120)
    ),
    "ewma": ForecasterEntry("an exponentially weighted mean of the last 10 minutes' maxima (InfAdapter)", Ewma),
    "holt-winters": ForecasterEntry("level and trend of 10-second maxima", HoltWinters),
    "arima": ForecasterEntry("ARIMA(1, 0, 0) of 10-second maxima, fitted anew each time (IPA)", Arima),
    "lstm": ForecasterEntry("IPA's LSTM: 2 minutes to the next 20 s", Lstm),
    "lstm-infadapter": ForecasterEntry(
        "InfAdapter's LSTM: 10 minutes to the next minute; ewma until then", _infadapter_lstm
    ),
    "infadapter": ForecasterEntry(
        "the same plus 10 %: what InfAdapter plans with", lambda: WithMargin(_infadapter_lstm(), 0.1, rounded=floor)
    ),
    "quantile": ForecasterEntry("a linear model of the 90 % quantile of the next 20 s' highest rate", LinearQuantile),
}
"""Every forecaster that sees the past only, by name. (`oracle` is given the future by whoever knows it.)"""


def make_forecaster(name: str) -> Forecaster:
    """The forecaster called `name`.

    Raises:
        InputError: there is none, or what it needs is not installed.
    """
    if name not in FORECASTERS:
        raise unknown_name("forecaster", name, FORECASTERS)
    return FORECASTERS[name].make()
