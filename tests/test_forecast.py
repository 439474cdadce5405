"""The moving maximum on loads whose maximum is plain."""

import numpy as np
import pytest

from ipagym.errors import InputError
from ipagym.forecast.moving_maximum import MovingMaximum


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
