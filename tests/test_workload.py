"""Workloads by name, their statistics, and trace files good and bad."""

import bz2
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from ipagym.errors import InputError
from ipagym.workload import WORKLOADS, by_name, find_trace
from ipagym.workload.generators import Constant, Ramp, Spike, Step
from ipagym.workload.patterns import PATTERNS
from ipagym.workload.trace import WINDOWS, load_counts, paper_window, trace_window
from ipagym.workload.twitter_like import TwitterLike

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


@needs_trace
def test_twitter_like_agrees_with_the_trace() -> None:
    counts = load_counts(TRACE)
    trace = counts[counts > 0].astype(float)
    days = TwitterLike(duration_s=22 * 86_400, damping=1.0)
    runs = [days.rates_rps(np.random.default_rng(seed)) for seed in range(5)]
    for statistic, tolerance in (
        (np.mean, 0.05),
        (np.median, 0.05),
        (lambda r: np.quantile(r, 0.99), 0.05),
        (lambda r: r.max() / r.mean(), 0.15),
        (_autocorrelation, 0.02),
    ):
        assert np.mean([statistic(r) for r in runs]) == pytest.approx(statistic(trace), rel=tolerance)


def _autocorrelation(rates: np.ndarray, lag_s: int = 60) -> float:
    centred = rates - rates.mean()
    return float((centred[lag_s:] * centred[:-lag_s]).mean() / rates.var())


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
        if ":" not in name:
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


def archive(path: Path, member: str, text: str) -> Path:
    with tarfile.open(path, "w:bz2") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text.encode()))
    return path


def test_trace_files_text_and_archive(tmp_path: Path) -> None:
    plain = tmp_path / "workload.txt"
    plain.write_text("8 16 24 9")
    packed = archive(tmp_path / "workload.tbz2", "folder/workload.txt", "8 16 24 9")
    assert load_counts(plain).tolist() == load_counts(packed).tolist() == [8, 16, 24, 9]
    assert trace_window(plain, 1, 3, damping=8).counts == (2, 3)
    assert by_name(f"trace:{plain}:0-2").duration_s == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"1 x 3", "integers"), (b"1.5", "integers"), (b"3 -1", "counts in"), (b"9" * 30, "integers"),
     (b"\xff\xfe", "integers"), (b"1 2000000", "counts in")],
)  # fmt: skip
def test_bad_trace_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "workload.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_counts(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no archive", bz2.compress(b"no tar")])
def test_bad_archives(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "workload.tbz2"
    path.write_bytes(content)
    with pytest.raises(InputError, match="archive"):
        load_counts(path)
    with pytest.raises(InputError, match=r"no workload\.txt"):
        load_counts(archive(tmp_path / "other.tbz2", "other.txt", "1"))


def test_a_window_outside_the_trace_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "workload.txt"
    path.write_text("1 2 3")
    with pytest.raises(InputError, match="are not in trace"):
        trace_window(path, 2, 9)


def test_the_environment_variable_names_a_file_or_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_trace() is None
    path = tmp_path / "workload.txt"
    path.write_text("1 2 3")
    for value in (path, tmp_path):
        monkeypatch.setenv("IPAGYM_TRACES", str(value))
        assert find_trace() == path
    monkeypatch.setenv("IPAGYM_TRACES", str(tmp_path / "none"))
    with pytest.raises(InputError, match="IPAGYM_TRACES"):
        find_trace()


def test_a_gap_longer_than_a_block_is_no_number(tmp_path: Path) -> None:
    trace = tmp_path / "workload.txt"
    trace.write_bytes(b"5 " + b" " * 3_000_000 + b"7 6")
    assert load_counts(trace).tolist() == [5, 7, 6]
