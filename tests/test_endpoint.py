"""`/metrics` and `/health` of a controller."""

import json
import time
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ipagym.cluster.sim import SimpyCluster
from ipagym.control.endpoint import Endpoint, served
from ipagym.control.loop import control
from ipagym.control.safety import Safety
from tests.test_control import TASK, Scripted, one


@pytest.fixture
def watched() -> Endpoint:
    """An endpoint that has seen an episode."""
    endpoint = Endpoint(TASK.pipeline, TASK.interval_s)
    agent = Scripted(one(3), ValueError("no idea"))
    for step in control(agent, SimpyCluster(TASK), TASK, safety=Safety()):
        endpoint.see(step)
    return endpoint


def refused(url: str) -> int:
    with pytest.raises(HTTPError) as error:
        urlopen(url)
    error.value.close()
    return error.value.code


def test_what_is_scraped_is_what_happened(watched: Endpoint) -> None:
    cluster = SimpyCluster(TASK)
    windows = [step.window for step in control(Scripted(one(3)), cluster, TASK, safety=Safety())]
    with served(watched, "127.0.0.1", 0) as port, urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
    samples = {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}
    assert samples["ipagym_requests_total", "arrived"] == sum(window.arrivals for window in windows)
    assert samples["ipagym_requests_total", "completed"] == sum(window.completed for window in windows)
    assert samples["ipagym_latency_seconds_count",] == sum(window.completed for window in windows)
    assert samples["ipagym_latency_seconds_sum",] == pytest.approx(sum(w.latency_s.sum() for w in windows))
    assert samples["ipagym_cores",] == windows[-1].cores
    assert samples["ipagym_stage_ready", TASK.pipeline.stages[0].name] == 3
    assert samples["ipagym_decisions_total", "failed"] == 1
    assert samples["ipagym_decisions_total", "as wanted"] == TASK.windows - 1


def test_health_is_lost_where_windows_stay_away(watched: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(watched, "127.0.0.1", 0) as port:
        with urlopen(f"http://127.0.0.1:{port}/health") as answer:
            told = json.loads(answer.read())
        assert (told["status"], told["time_s"], told["decision"]) == ("ok", 6.0, "as wanted")
        later_s = time.monotonic() + 3.5 * TASK.interval_s
        monkeypatch.setattr("ipagym.control.endpoint.time", SimpleNamespace(monotonic=lambda: later_s))
        assert refused(f"http://127.0.0.1:{port}/health") == 503
        assert refused(f"http://127.0.0.1:{port}/other") == 404
