"""An agent in charge: what it may change at once, and what stands in when it fails."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipagym.cli import main
from ipagym.cluster.sim import SimpyCluster
from ipagym.control.guard import Guard
from ipagym.control.loop import control
from ipagym.control.safety import Safety, within
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from tests.tiny import scenario, setting

TASK = scenario((4.0,) * 6, setting(2), limits=Limits(max_replicas=8))


class Scripted:
    """Says what it is told to, or raises it, or takes that many seconds."""

    def __init__(self, *script: Any) -> None:
        self._script = list(script)

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None: ...

    def decide(self, window: Window) -> Configuration:
        said = self._script.pop(0) if self._script else window.configuration
        if isinstance(said, Exception):
            raise said
        if isinstance(said, float):
            time.sleep(said)
            return window.configuration
        assert isinstance(said, Configuration)
        return said


def one(replicas: int, name: str = "small") -> Configuration:
    return Configuration((setting(replicas, name=name),))


def decisions(agent: Scripted, **limits: Any) -> list[tuple[Configuration, str]]:
    steps = control(agent, SimpyCluster(TASK), TASK, safety=Safety(**limits))
    return [(step.decision.configuration, step.decision.reason) for step in steps]


@pytest.mark.parametrize(("wanted", "allowed"), [(8, 4), (4, 4), (3, 3), (1, 1)])
def test_replicas_change_by_so_many_at_once(wanted: int, allowed: int) -> None:
    assert within(one(wanted), one(2), 2) == one(allowed)
    assert within(one(wanted, "big"), one(2), 2) == one(wanted, "big")


def test_a_large_change_is_come_to_step_by_step() -> None:
    found = decisions(Scripted(one(8), one(8), one(8), one(8)), most_change=2)
    assert [each for each, _ in found[:4]] == [one(4), one(6), one(8), one(8)]
    assert found[0][1] == "at most 2 replicas at once"
    assert found[2][1] == "as wanted"


def test_the_last_safe_decision_stands_when_the_agent_raises_or_talks_nonsense() -> None:
    found = decisions(Scripted(one(3), ValueError("no idea"), one(9), one(2, "none such")))
    assert [each for each, _ in found[:4]] == [one(3)] * 4
    assert found[1][1].startswith("failed: ValueError: no idea")
    assert "replicas" in found[2][1]
    assert "none such" in found[3][1]


def test_a_late_decision_is_not_waited_for() -> None:
    begun = time.monotonic()
    found = decisions(Scripted(one(3), 20.0), decision_limit_s=0.2)
    assert time.monotonic() - begun < 18
    assert [each for each, _ in found] == [one(3)] * 6
    assert found[1][1] == "late: no decision in 0.2 s"
    assert found[2][1] == "late: still busy with an earlier window"


def test_variants_stay_for_the_cool_down() -> None:
    found = decisions(Scripted(one(2, "big"), one(2), one(2), one(2)), cool_down_s=3.0)
    assert [each for each, _ in found[:4]] == [one(2, "big")] * 3 + [one(2)]
    assert "cooling down" in found[1][1]


def test_a_shadow_changes_nothing() -> None:
    steps = list(control(Scripted(one(4)), SimpyCluster(TASK), TASK, safety=Safety(), is_shadow=True))
    assert steps[0].decision.configuration == one(4)
    assert all(step.window.configuration == one(2) and not step.is_applied for step in steps)


def test_bounds_that_cannot_be_are_refused() -> None:
    for wrong in ({"most_change": 0}, {"cool_down_s": -1.0}, {"decision_limit_s": 0.0}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            Safety(**wrong)


def test_the_guard_asks_within_the_limits_of_the_scenario() -> None:
    window = replace(SimpyCluster(TASK).advance(1.0), configuration=one(8))
    guard = Guard(Scripted(one(1)), TASK.pipeline, TASK.limits, Safety(most_change=3))
    assert guard.decide(window).configuration == one(5)


def test_decisions_are_logged_with_their_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "decisions.jsonl"
    arguments = ["serve", "video", "--backend", "simpy", "--agent", "static-min", "--duration", "40", "--log", str(log)]
    assert main(arguments) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert [record["time_s"] for record in records] == [10.0, 20.0, 30.0, 40.0]
    assert {record["reason"] for record in records} <= {"as wanted", "at most 2 replicas at once"}
