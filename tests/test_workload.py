"""Workloads by name, and their statistics."""

from pathlib import Path

import numpy as np
import pytest

from ipagym.envs import make_scenario
from ipagym.system.errors import InputError
from ipagym.task.workload_line import workload_line
from ipagym.workload import WORKLOADS, by_name
from ipagym.workload.fitting import measures
from ipagym.workload.generators import Constant, Ramp, Spike, Step
from ipagym.workload.patterns import PATTERNS
from ipagym.workload.statistics import peak_rps, statistics, ten_second_rises
from ipagym.workload.trace import WINDOWS, load_counts, paper_window
from ipagym.workload.twitter_like import TRACE as FITTED
from ipagym.workload.twitter_like import Shape, TwitterLike
from ipagym.workload.window_fitting import fit_pattern

TRACE = Path(__file__).parents[2] / "shared" / "data" / "twitter_trace" / "workload.tbz2"
needs_trace = pytest.mark.skipif(not TRACE.is_file(), reason="the Twitter trace is not at hand")

PAPER_STATISTICS = {
    "bursty": (14437, 12.031, 9.342),
    "steady-low": (6067, 5.056, 0.943),
    "steady-high": (34606, 28.838, 1.922),
    "fluctuating": (19837, 16.531, 9.355),
    "infadapter-bursty": (121697, 96.585, 74.115),
    "infadapter-non-bursty": (166488, 110.992, 48.646),
}
"""Requests, mean and deviation of the windows, from the papers' released workload files."""


@pytest.fixture(autouse=True)
def _no_trace_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IPAGYM_TRACES", raising=False)


@needs_trace
@pytest.mark.parametrize("name", WINDOWS)
def test_paper_windows_hold_the_published_requests(name: str) -> None:
    window = paper_window(name, TRACE)
    requests, mean, _ = PAPER_STATISTICS[name]
    assert sum(window.counts) == requests
    assert window.duration_s == round(requests / mean) == PATTERNS[name].duration_s


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_have_the_statistics_of_the_windows(name: str) -> None:
    rates = np.array([PATTERNS[name].rates_rps(np.random.default_rng(seed)) for seed in range(40)])
    _, mean, deviation = PAPER_STATISTICS[name]
    assert rates.mean() == pytest.approx(mean, rel=0.05)
    assert rates.std() == pytest.approx(deviation, rel=0.10)
    least, most = PATTERNS[name].range_rps
    assert least <= rates.min()
    assert rates.max() <= most


TRACE_STATISTICS = {
    "mean": (64.892, 0.08),
    "p50": (53.0, 0.05),
    "p99": (245.0, 0.05),
    "deviation": (41.151, 0.08),
    "p99.99 / mean": (4.716, 0.08),
    "peak / mean": (5.979, 0.15),
    "autocorrelation 1 s": (0.958, 0.02),
    "autocorrelation 10 s": (0.948, 0.02),
    "autocorrelation 60 s": (0.876, 0.03),
    "largest 10 s rise / mean": (2.421, 0.15),
    "10 s rises > 1 mean, a day": (11.652, 0.2),
    "10 s rises > 1/2 mean, a day": (25.068, 0.3),
    "10 s falls > 1/2 mean, a day": (10.538, 0.45),
    "10 s rise p90 / mean": (0.080, 0.08),
    "10 s rise p99 / mean": (0.210, 0.12),
    "10 s rise p99.9 / mean": (1.145, 0.1),
    "10 s rise p99.99 / mean": (1.719, 0.15),
}
"""What `scripts/fit_twitter_like.py` prints for the trace, and how far, as a share, the generator may be from it."""

LARGEST_RISES = {"bursty": 0.881, "fluctuating": 0.641, "infadapter-bursty": 0.871}
"""The largest rise within ten seconds, as a share of the mean, of the windows that have a burst."""


@pytest.fixture(scope="module")
def days() -> list[np.ndarray]:
    generator = TwitterLike(duration_s=22 * 86_400, damping=1.0)
    return [generator.rates_rps(np.random.default_rng(seed)) for seed in range(3)]


def test_twitter_like_has_the_statistics_of_the_trace(days: list[np.ndarray]) -> None:
    found = [statistics(rates) for rates in days]
    for name, (wanted, tolerance) in TRACE_STATISTICS.items():
        assert np.mean([each[name] for each in found]) == pytest.approx(wanted, rel=tolerance), name


@needs_trace
def test_the_recorded_statistics_are_those_of_the_trace() -> None:
    counts = load_counts(TRACE)
    found = statistics(counts[counts > 0].astype(float))
    assert found == pytest.approx({name: wanted for name, (wanted, _) in TRACE_STATISTICS.items()}, abs=6e-4)


@needs_trace
def test_the_fitted_figures_measure_as_the_trace_does(days: list[np.ndarray]) -> None:
    wanted = measures(load_counts(TRACE).astype(float))
    found = [measures(rates) for rates in days]
    for name, value in wanted.items():
        assert np.mean([each[name] for each in found]) == pytest.approx(value, rel=0.25), name


@pytest.mark.parametrize("name", LARGEST_RISES)
def test_bursts_of_patterns_rise_as_fast_as_those_of_the_windows(name: str) -> None:
    rises = [ten_second_rises(PATTERNS[name].rates_rps(np.random.default_rng(seed))).max() for seed in range(40)]
    assert np.mean(rises) == pytest.approx(LARGEST_RISES[name], rel=0.1)


@needs_trace
@pytest.mark.parametrize("name", WINDOWS)
def test_patterns_are_fitted_to_the_windows(name: str) -> None:
    window = paper_window(name, TRACE).rates_rps(np.random.default_rng(0))
    if name in LARGEST_RISES:
        assert ten_second_rises(window).max() == pytest.approx(LARGEST_RISES[name], abs=6e-4)
    fitted = fit_pattern(window, PATTERNS[name])
    for figure in ("quiet_rps", "peak_rps"):
        assert getattr(PATTERNS[name], figure) == pytest.approx(getattr(fitted, figure), rel=0.01)
    for hump, best in zip(PATTERNS[name].humps, fitted.humps, strict=True):
        if hump.onset_s > 0:  # a rise before the window leaves no trace in it
            assert (hump.onset_s, hump.rise_s) == pytest.approx((best.onset_s, best.rise_s), abs=1.0)
        assert hump.onset_s + hump.plateau_s == pytest.approx(best.onset_s + best.plateau_s, abs=3.0)


def test_a_rise_is_one_of_ten_seconds() -> None:
    rates = np.repeat([10.0, 10.0, 30.0, 30.0], 10)
    assert ten_second_rises(rates).tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(InputError, match="more than 120 s that changes"):
        statistics(np.full(500, 3.0))


def test_figures_of_the_process_are_checked() -> None:
    with pytest.raises(InputError, match="damping must be above 0"):
        TwitterLike(damping=0.0)
    with pytest.raises(InputError, match="rise_s must be"):
        Shape(**{**{name: getattr(FITTED, name) for name in FITTED.__slots__}, "rise_s": float("nan")})


@pytest.mark.parametrize("name", ["bursty", "twitter-like", "constant:5"])
def test_rates_follow_from_the_generator_state(name: str) -> None:
    load = by_name(name)
    first, again = (load.rates_rps(np.random.default_rng(3)) for _ in range(2))
    assert first.shape == (load.duration_s,)
    assert (first == again).all()
    assert (first >= 0).all()


def test_shapes() -> None:
    rng = np.random.default_rng(0)
    assert Ramp(from_rps=0, to_rps=10, duration_s=11).rates_rps(rng).tolist() == list(range(11))
    assert Step(before_rps=1, after_rps=2, at_s=2, duration_s=4).rates_rps(rng).tolist() == [1, 1, 2, 2]
    assert Spike(base_rps=1, peak_rps=9, at_s=1, width_s=2, duration_s=5).rates_rps(rng).tolist() == [1, 9, 9, 1, 1]
    assert Constant(rate_rps=3, duration_s=2).rates_rps(rng).tolist() == [3, 3]


def test_every_name_without_an_argument_works() -> None:
    for name in WORKLOADS:
        if not {":", "["} & set(name):
            assert by_name(name).name == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("brusty", "did you mean 'bursty'"),
        ("constant", "needs 1 number"),
        ("constant:x", "needs 1 number"),
        ("constant:-1", "rate_rps must be in 0"),
        ("constant:nan", "rate_rps must be in 0"),
        ("constant:1e9", "rate_rps must be in 0"),
        ("ramp:1", "needs 2 number"),
        ("trace:/no/such/file", "no trace file"),
    ],
)
def test_bad_names_get_one_line(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        by_name(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("constant:5", "constant, generated, rate_rps 5; poisson arrivals"),
        ("ramp:5:7.5:60", "ramp, generated, from_rps 5, to_rps 7.5; poisson arrivals"),
        ("step:5:10", "step, generated, before_rps 5, after_rps 10, at_s 600; poisson arrivals"),
        ("spike:1:9", "spike, generated, base_rps 1, peak_rps 9, at_s 600, width_s 60; poisson arrivals"),
    ],
)
def test_a_table_tells_one_load_from_another_of_its_kind(name: str, told: str) -> None:
    assert workload_line(make_scenario("video", name)) == told


@pytest.mark.parametrize("name", ["constant:5", "ramp:1:2", "twitter-like", "trace:{}"])
def test_a_trace_beside_a_load_that_is_not_cut_from_it_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "workload.txt"
    path.write_text("1 2 3")
    with pytest.raises(InputError, match="takes nothing from a trace file"):
        by_name(name.format(path), path)
    assert by_name(name.format(path), None).duration_s > 0


@needs_trace
def test_a_trace_may_be_given_as_text() -> None:
    assert by_name("bursty", str(TRACE)) == by_name("bursty", TRACE)
    with pytest.raises(InputError, match="no trace file nowhere"):
        by_name("bursty", "nowhere")
    with pytest.raises(InputError, match="must be the path"):
        by_name("bursty", 5)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["constant:1_000", "constant:٣", "step:1:2_0"])
def test_numbers_are_plain(name: str) -> None:
    with pytest.raises(InputError, match=r"needs [12] number"):
        by_name(name)


def test_the_peak_is_the_highest_mean_over_a_span() -> None:
    assert peak_rps(np.array([1.0, 5.0, 3.0, 9.0]), 1) == 9.0
    assert peak_rps(np.array([1, 5, 3, 9]), 2) == 6.0
    assert peak_rps(np.array([2, 4]), 10) == 3.0, "the whole load where it is shorter"
    assert peak_rps(np.zeros(0), 10) == 0.0
