"""Requests that come through a network: late, out of order, and with less time left."""

from pathlib import Path

import numpy as np
import pytest

from ipagym.cluster.sim import ENGINES
from ipagym.envs.scenario_file import load_scenario
from ipagym.envs.scenarios import make_scenario
from ipagym.model.records import records_of
from ipagym.system.errors import InputError
from ipagym.task.physics import Physics
from ipagym.workload.network import BandwidthTrace, FourG, Network, in_order_of_arrival, network_by_name
from tests.tiny import scenario, setting


def link(*mb_per_s: float, payload_bytes: float = 1e6) -> Network:
    return Network(bandwidth=BandwidthTrace(name="given", values=mb_per_s), payload_bytes=payload_bytes)


def test_a_request_is_on_its_way_as_long_as_its_payload_takes() -> None:
    rng = np.random.default_rng(0)
    assert link(4.0, 2.0, 0.5).delays_s(rng, 5).tolist() == [0.25, 0.5, 2.0, 0.25, 0.5]


def test_later_requests_overtake_earlier_ones_on_a_slow_second() -> None:
    sent, arrival = in_order_of_arrival(np.array([0.5, 1.2, 1.4]), np.array([3.0, 0.5]))
    assert sent.tolist() == [1.2, 1.4, 0.5]
    assert arrival.tolist() == pytest.approx([1.7, 1.9, 3.5])


@pytest.mark.parametrize("engine", ENGINES)
def test_deadlines_and_latencies_count_from_the_sending(engine: str) -> None:
    behind = scenario((5.0,) * 12, setting(4), network=link(4.0, 2.0), physics=Physics(service="constant"))
    cluster = ENGINES[engine](behind, keep_requests=True)
    cluster.reset(3)
    window = cluster.advance(12.0)
    log = cluster.log
    way_s = np.where(log.sent_s.astype(int) % 2 == 0, 0.25, 0.5)
    assert len(log) > 30
    assert log.arrival_s == pytest.approx(log.sent_s + way_s)
    assert np.all(np.diff(log.arrival_s) >= 0)
    assert log.deadline_s == pytest.approx(log.sent_s + behind.pipeline.slo_s)
    assert window.network_s == pytest.approx(way_s)
    assert window.latency_s.min() == pytest.approx(0.25 + 0.25)
    records = records_of(window)[0][0]
    assert [records[n] for n in ("network_min_s", "network_max_s")] == pytest.approx([0.25, 0.5])
    assert records["network_mean_s"] == pytest.approx(way_s.mean())


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_requests_are_sent_with_and_without_a_network(engine: str) -> None:
    logs = []
    for network in (None, link(1.0)):
        cluster = ENGINES[engine](scenario((5.0,) * 12, network=network), keep_requests=True)
        cluster.reset(3)
        cluster.advance(30.0)
        logs.append(np.sort(cluster.log.sent_s))
    assert logs[0].tolist() == logs[1].tolist()


def test_the_fitted_process_has_the_figures_of_the_trace() -> None:
    drawn = FourG().mb_per_s(np.random.default_rng(1), 200_000)
    centred = drawn - drawn.mean()
    assert drawn.mean() == pytest.approx(3.29, abs=0.05)
    assert drawn.std() == pytest.approx(1.23, abs=0.05)
    assert (drawn.min(), drawn.max()) == (0.41, 6.67)
    for lag, wanted in ((1, 0.747), (2, 0.632), (5, 0.439), (10, 0.158)):
        assert float((centred[:-lag] * centred[lag:]).mean() / drawn.var()) == pytest.approx(wanted, abs=0.08)


def test_a_trace_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "link.txt"
    path.write_text("4.0 2.0\n1e0\n")
    network = network_by_name(f"trace:{path}", payload_kib=1000.0)
    assert network.delays_s(np.random.default_rng(0), 3) == pytest.approx([0.256, 0.512, 1.024])


def test_the_path_of_a_chosen_trace_counts_from_the_working_folder_and_that_of_a_file_from_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link.txt").write_text("4.0")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "mine.yaml").write_text("pipeline: video\nnetwork: {name: 'trace:link.txt'}\n")
    monkeypatch.chdir(tmp_path)
    assert make_scenario("video", network={"name": "trace:link.txt"}).network is not None
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_scenario(tmp_path / "mine.yaml").network is not None
    with pytest.raises(InputError, match="no bandwidth trace"):
        make_scenario("video", network={"name": "trace:link.txt"})


@pytest.mark.parametrize("content", ["", "fast", "1 nan", "0", "1 -2", "1e9", "1_000", "٣"])
def test_an_unusable_trace_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "link.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"link\.txt"):
        network_by_name(f"trace:{path}")


@pytest.mark.parametrize("name", ["", "5g", "trace:", "trace:nowhere.txt"])
def test_an_unknown_network_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"network|no bandwidth trace"):
        network_by_name(name)


@pytest.mark.parametrize("engine", ENGINES)
def test_too_many_requests_behind_a_network_are_refused(engine: str) -> None:
    with pytest.raises(InputError, match="an episode behind a network may have 10,000,000 requests"):
        ENGINES[engine](scenario((1e6,) * 12, network=link(1.0)))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no such file on this system")
@pytest.mark.parametrize("path", ["/proc/self/mem", "/dev/zero", "/"])
def test_a_special_file_is_refused_in_a_line_with_a_remedy(path: str) -> None:
    with pytest.raises(InputError, match="give the path of a text file") as caught:
        network_by_name(f"trace:{path}")
    assert "\n" not in str(caught.value)


def test_a_trace_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.txt"
    path.write_bytes(b"1 " * 5_000_001)
    with pytest.raises(InputError, match="larger than the 10000000 bytes"):
        network_by_name(f"trace:{path}")
