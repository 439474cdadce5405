"""The horizontal autoscaler's rule against decisions that a real kube-controller-manager took (Kubernetes 1.20.2).

The recording (`shared/cases/hpa-truth`, see its README) has 12 autoscalers and 72 syncs each. One sync at a time is
given to the rule, with the replicas that Kubernetes had. The rule here is that of newer releases, which differs in
three things; each is undone below, and what then remains (2 decisions of 853) is a matter of
milliseconds between the recorder's clock and the controller's.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ipagym.agents.autoscalers.hpa_behavior import (
    Behavior,
    Direction,
    Policy,
    Record,
    default_down,
    default_up,
    limit_rate,
    limit_without_behavior,
    stabilise,
    stabilise_without_behavior,
)
from ipagym.agents.autoscalers.hpa_rule import Pods, Tolerance, Utilisation, recommend

RECORDING = Path(__file__).parents[3] / "shared" / "cases" / "hpa-truth" / "hpa_truth.json"
pytestmark = pytest.mark.skipif(not RECORDING.exists(), reason="the recorded decisions are not here")

DOWNSCALE_S = 40.0
"""The controller's window of caution, as it was started for the recording."""

BEFORE_QUERY_S = 0.01
"""The number found at the start was noted before metrics were asked for, which is the time that is recorded."""

CLOCK_S = 0.04
"""By how much the age of a recommendation, as the recorder has it, may be off: metrics are asked for before it."""

MOST = 20


class OldTolerance(Tolerance):
    """Before tolerances could be configured: by the distance from 1, which at 1.1 is a bit more than 0.1."""

    def covers(self, ratio: float) -> bool:
        return abs(1.0 - ratio) <= self.up


def old_stabilise(current: int, desired: int, history: Sequence[Record], cutoffs_s: tuple[float, float]) -> int:
    """The window of one direction only, and with no regard to where replicas stand: a rise could end in a fall."""
    if desired >= current:
        return min([desired, *(n for at, n in history if at > cutoffs_s[0])])
    return max([desired, *(n for at, n in history if at > cutoffs_s[1])])


def both_ways(changes: Sequence[Record], is_up: bool) -> Sequence[Record]:
    return changes


def one_way(changes: Sequence[Record], is_up: bool) -> Sequence[Record]:
    """The policies of a direction counted changes in that direction only."""
    return [(at, change) for at, change in changes if (change > 0) == is_up]


@dataclass(frozen=True)
class Rule:
    """A release's rule, and how far the controller's clock was behind the recorder's."""

    tolerance: Tolerance = Tolerance()  # noqa: RUF009 (it is frozen)
    stable: Callable[[int, int, Sequence[Record], tuple[float, float]], int] = stabilise
    counted: Callable[[Sequence[Record], bool], Sequence[Record]] = both_ways
    behind_s: float = 0.0


NEW = Rule()
OLD = Rule(tolerance=OldTolerance(), stable=old_stabilise, counted=one_way)


@cache
def recording() -> Any:
    return json.loads(RECORDING.read_text())


def behavior_of(given: Any) -> Behavior | None:
    if given is None:
        return None
    down = replace(default_down(), window_s=DOWNSCALE_S)
    return Behavior(up=direction(given.get("scaleUp"), default_up()), down=direction(given.get("scaleDown"), down))


def direction(given: Any, default: Direction) -> Direction:
    given = given or {}
    policies = tuple(
        Policy(period_s=each["periodSeconds"], **{"pods" if each["type"] == "Pods" else "percent": each["value"]})
        for each in given.get("policies", ())
    )
    return Direction(
        window_s=given.get("stabilizationWindowSeconds", default.window_s),
        policies=policies or default.policies,
        select=given.get("selectPolicy", "Max"),
    )


def syncs(case: Any) -> Iterator[tuple[int, Any, int, int]]:
    """Each sync with its number, its record, and the replicas asked for before and after it."""
    changes = sorted(case["spec"])

    def asked(at: float) -> int | None:
        return next((replicas for since, replicas in reversed(changes) if since <= at), None)

    for index, (seen, after) in enumerate(zip(case["log"][:-1], case["log"][1:], strict=True)):
        before = asked(seen["t"])
        if before is not None and seen["ready"]:
            yield index, seen, before, asked(after["t"] - 0.02) or 0


def decided(rule: Rule, case: Any) -> Iterator[tuple[int, int, int]]:
    """The number of each sync, what the rule decides there, and what Kubernetes did."""
    behavior, history, changes = behavior_of(case["behavior"]), list[Record](), list[Record]()
    for index, seen, current, real in syncs(case):
        now_s, ready = seen["t"], seen["ready"]
        pods = Pods(current=current, ready=ready, used_milli=seen["milli"] * ready, unready=max(0, current - ready))
        desired = recommend(pods, Utilisation(recording()["target"]), rule.tolerance)
        assert desired is not None
        history = history or [(now_s - BEFORE_QUERY_S, current)]
        if behavior is None:
            stable = stabilise_without_behavior(desired, history, now_s - DOWNSCALE_S - rule.behind_s)
            limited = limit_without_behavior(current, stable)
        else:
            seen_s = now_s - rule.behind_s
            stable = rule.stable(
                current, desired, history, (seen_s - behavior.up.window_s, seen_s - behavior.down.window_s)
            )
            limited = limit_rate(current, stable, rule.counted(changes, stable > current), behavior, now_s)
        yield index, min(max(limited, 1), MOST), real
        history.append((now_s, desired))
        if real != current:
            changes.append((now_s, real - current))


def differing(rule: Rule) -> set[tuple[str, int]]:
    return {
        (name, index)
        for name, case in recording()["cases"].items()
        for index, ours, real in decided(rule, case)
        if ours != real
    }


TOLERANCE = {("near-zero", sync) for sync in (1, 12, 23, 27, 34, 38, 49, 60, 64)} | {
    *(("wave-tight", 45), ("wave-none", 40), ("wave-none", 45)),
}
"""Utilisation of 66 % for a target of 60 %: the new rule holds, as 1.1 ≤ 1 + 0.1; the old one acted."""

COUNTING = {("steps-quick", 37), ("steps-quick", 38), ("steps-quick", 56), ("steps-tight", 48)}
"""Policies count changes in both directions now."""

STABILISATION = {
    *(("steps-tight", 45), ("steps-tight", 46), ("wave-tight", 31), ("steps-mini", 27), ("steps-mini", 45)),
}
"""A fall can end no higher than where replicas stand now, a rise no lower."""

CLOCKS = {("wave-quick", 23), ("wave-none", 70)}
"""The highest recommendation was as old as the window, to a few milliseconds."""


def test_every_difference_from_kubernetes_is_explained() -> None:
    assert sum(1 for case in recording()["cases"].values() for _ in decided(NEW, case)) == 853
    assert differing(NEW) == TOLERANCE | COUNTING | STABILISATION | CLOCKS


@pytest.mark.parametrize(
    ("rule", "explained"),
    [
        (replace(NEW, tolerance=OLD.tolerance), TOLERANCE),
        (replace(NEW, counted=OLD.counted), COUNTING),
        (replace(NEW, stable=OLD.stable), STABILISATION),
    ],
    ids=["tolerance", "counting", "stabilisation"],
)
def test_undoing_what_is_new_undoes_the_differences(rule: Rule, explained: set[tuple[str, int]]) -> None:
    assert differing(NEW) - differing(rule) == explained


def test_by_the_rule_of_its_release_it_decides_as_kubernetes_did() -> None:
    assert differing(OLD) == CLOCKS
    assert CLOCKS.isdisjoint(differing(replace(OLD, behind_s=CLOCK_S)))
