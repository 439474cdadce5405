"""Random loads against the theory of their processes."""

from math import expm1

import numpy as np
import pytest

from ipagym.system.errors import InputError
from ipagym.workload import by_name
from ipagym.workload.processes import FlashCrowd, Mmpp, SelfSimilar, noise_covariance


def dispersion_of_mmpp(load: Mmpp, span_s: float) -> float:
    """The variance of the requests in `span_s` seconds over their mean, in equilibrium (Heffes and Lucantoni 1986)."""
    leave_low, leave_high = 1 / load.low_s, 1 / load.high_s
    change = leave_low + leave_high
    weight = load.low_rps * leave_high + load.high_rps * leave_low
    excess = 2 * (load.low_rps - load.high_rps) ** 2 * leave_low * leave_high / (change**2 * weight)
    return 1 + excess * (1 + expm1(-change * span_s) / (change * span_s))


@pytest.mark.parametrize("span_s", [1, 10, 100])
def test_mmpp_has_the_mean_and_the_dispersion_of_theory(span_s: int) -> None:
    load = Mmpp(low_rps=2, high_rps=20, low_s=30, high_s=10, duration_s=1_000_000)
    rng = np.random.default_rng(7)
    counts = rng.poisson(load.rates_rps(rng)).reshape(-1, span_s).sum(axis=1)
    assert counts.mean() / span_s == pytest.approx((2 * 30 + 20 * 10) / 40, rel=0.02)
    assert counts.var() / counts.mean() == pytest.approx(dispersion_of_mmpp(load, span_s), rel=0.05)


def test_mmpp_begins_in_equilibrium() -> None:
    load = Mmpp(low_rps=0, high_rps=1, low_s=300, high_s=100, duration_s=2)
    first = [load.rates_rps(np.random.default_rng(seed))[0] for seed in range(4000)]
    assert np.mean(first) == pytest.approx(0.25, abs=0.025)  # 3.6 standard errors


def test_a_diurnal_load_is_a_wave_of_its_period_that_begins_anywhere() -> None:
    load = by_name("diurnal:10:30:600:6000")
    first, other = (load.rates_rps(np.random.default_rng(seed)) for seed in (0, 1))
    spectrum = np.abs(np.fft.rfft(first - first.mean()))
    assert (first.mean(), first.min(), first.max()) == pytest.approx((20, 10, 30), abs=0.01)
    assert spectrum.argmax() == 6000 / 600
    assert np.delete(spectrum, 10).max() < 1e-6 * spectrum[10]
    assert abs(first - other).max() > 1


def test_a_flash_crowd_brings_the_requests_of_its_rise_and_fall() -> None:
    load = FlashCrowd(base_rps=5, peak_rps=105, rise_s=20, fall_s=60, duration_s=4000)
    for seed in range(5):
        rates = load.rates_rps(np.random.default_rng(seed))
        assert rates.max() == 105
        assert rates.min() >= 5
        assert (rates - 5).sum() == pytest.approx(100 * (20 / 2 + 60), rel=0.01)
        assert rates.argmax() < 2000 + 21
    onsets = {int(load.rates_rps(np.random.default_rng(seed)).argmax()) for seed in range(20)}
    assert len(onsets) > 15


@pytest.mark.parametrize("hurst", [0.5, 0.7, 0.9])
def test_self_similar_loads_have_their_hurst_parameter(hurst: float) -> None:
    load = SelfSimilar(mean_rps=1000, deviation_rps=50, hurst=hurst, duration_s=1 << 17)
    courses = np.array([load.rates_rps(np.random.default_rng(seed)) for seed in range(8)]) - 1000
    assert (courses**2).mean() == pytest.approx(50**2, rel=0.1)
    spans = 2 ** np.arange(8)
    variances = [(courses.reshape(8, -1, span).mean(axis=2) ** 2).mean() for span in spans]
    slope = np.polyfit(np.log(spans), np.log(variances), 1)[0]
    assert 1 + slope / 2 == pytest.approx(hurst, abs=0.02)  # the mean of n has the variance n ** (2 H - 2)
    for lag in (1, 5):
        found = (courses[:, lag:] * courses[:, :-lag]).mean() / (courses**2).mean()
        assert found == pytest.approx(noise_covariance(np.array([lag]), hurst)[0], abs=0.03)


@pytest.mark.parametrize(
    "name", ["mmpp:2:20:30:10:500", "diurnal:1:9:60:500", "flash-crowd:3:30:10:60:500", "self-similar:9:3:0.8:500"]
)
def test_a_process_follows_from_its_seed(name: str) -> None:
    load = by_name(name)
    first, again, other = (load.rates_rps(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first.shape == (load.duration_s,) == (500,)
    assert (first == again).all()
    assert (first != other).any()
    assert (first >= 0).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [("mmpp:1:2:3", "needs 4 number"), ("mmpp:1:2:0.1:3", "must be 1 s or more"), ("diurnal:1:2:1", "period_s"),
     ("self-similar:5:1:1", "hurst of self-similar"), ("self-similar:5:1:nan", "hurst of self-similar"),
     ("flash-crowd:1:2:0:5", "rise_s and fall_s"), ("diurnal:-1:2:60", "low_rps must be in")],
)  # fmt: skip
def test_processes_that_cannot_be_are_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        by_name(name)
