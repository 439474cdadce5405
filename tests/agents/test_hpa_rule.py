"""The rule of Kubernetes' horizontal autoscaler on known cases, branch by branch."""

from typing import Any

import pytest

from ipagym.agents.autoscalers.hpa_behavior import (
    Behavior,
    Direction,
    Policy,
    limit_rate,
    limit_without_behavior,
    stabilise,
    stabilise_without_behavior,
    with_change,
)
from ipagym.agents.autoscalers.hpa_rule import (
    Average,
    Pods,
    Tolerance,
    Utilisation,
    figure_milli,
    recommend,
    recommend_by_average,
    recommend_by_value,
    target_milli,
)
from ipagym.system.errors import InputError


def pods(usage: float, *, ready: int, current: int | None = None, unready: int = 0, missing: int = 0) -> Pods:
    """Pods that request 1 core each, those ready with a mean usage in cores."""
    asked = ready + unready + missing if current is None else current
    used_milli = target_milli(usage * ready)
    return Pods(current=asked, ready=ready, used_milli=used_milli, unready=unready, missing=missing)


@pytest.mark.parametrize(
    ("of", "percent", "expected"),
    [
        (pods(0.90, ready=50), 75, 60),
        (pods(0.54, ready=10), 50, 10),
        (pods(0.60, ready=3, unready=1), 50, 4),
        (pods(0.20, ready=3, missing=1), 50, 4),
        (pods(1.00, ready=3), 40, 8),
        (pods(0.25, ready=4), 50, 2),
        (pods(0.55, ready=10), 50, 10),
        (pods(1.00, ready=2, unready=2), 25, 8),
        (pods(0.00, ready=4), 50, 0),
        (pods(0.669, ready=10), 60, 10),
        (pods(0.67, ready=10), 60, 12),
        (pods(0.326, ready=12), 60, 7),
        (pods(0.30, ready=4, unready=4), 60, 2),
    ],
    ids=str,
)
def test_it_recommends_as_kubernetes_does(of: Pods, percent: float, expected: int) -> None:
    assert recommend(of, Utilisation(percent), Tolerance()) == expected


def test_without_the_figures_of_a_ready_pod_a_metric_says_nothing() -> None:
    assert recommend(pods(0.0, ready=0, unready=5), Utilisation(50), Tolerance()) is None
    assert recommend(pods(0.0, ready=0, missing=5), Average(1000), Tolerance()) is None


def test_utilisation_is_cut_to_whole_percent_and_averages_to_thousandths() -> None:
    assert Utilisation(60).ratio(1319, 2) == 65 / 60
    assert Utilisation(60, request_milli=4000).ratio(2639, 1) == 65 / 60
    assert Average(1000).ratio(2001, 2) == 1.0
    assert (figure_milli(0.0019), target_milli(0.0011)) == (1, 2), "adapters cut figures, quantities are rounded up"
    assert (figure_milli(0.29 * 3), target_milli(0.1 + 0.2)) == (870, 300), "floating point noise is neither"
    assert (target_milli(0.0), target_milli(1e-17), target_milli(1e-9)) == (0, 0, 1), (
        "the least quantity is a billionth"
    )


def test_pods_without_figures_are_presumed_busy_on_the_way_down() -> None:
    """At what they request, or at the target where that is more (as since release 1.29); idle on the way up."""
    assert recommend(pods(0.10, ready=4, missing=4), Utilisation(50), Tolerance()) == 8
    assert recommend(pods(0.10, ready=4, missing=1), Utilisation(50), Tolerance()) == 3
    assert recommend(pods(0.60, ready=4, missing=2), Utilisation(200), Tolerance()) == 4
    assert recommend(Pods(current=4, ready=2, used_milli=1000, missing=2), Average(1000), Tolerance()) == 3
    assert recommend(Pods(current=4, ready=2, used_milli=6000, missing=2), Average(1000), Tolerance()) == 6
    assert recommend(Pods(current=3, ready=2, used_milli=2000, missing=1), Average(1000), Tolerance()) == 3


def test_the_tolerance_is_compared_without_slack() -> None:
    assert recommend(pods(0.66, ready=3), Utilisation(60), Tolerance()) == 3
    assert recommend(pods(0.67, ready=3), Utilisation(60), Tolerance()) == 4
    assert recommend(pods(0.54, ready=10), Utilisation(60), Tolerance()) == 10, "0.9 is 1 − 0.1"
    assert Tolerance(up=0.0, down=0.0).covers(1.0)
    assert not Tolerance(up=0.0, down=0.0).covers(1.0 + 1e-12)
    assert not Tolerance(up=0.0, down=0.0).covers(1.0 - 1e-12)


def test_tolerance_may_differ_by_direction() -> None:
    tight_up = Tolerance(up=0.0, down=0.5)
    assert recommend(pods(0.51, ready=10), Utilisation(50), tight_up) == 11
    assert recommend(pods(0.3, ready=10), Utilisation(50), tight_up) == 10
    with pytest.raises(InputError, match="tolerance"):
        Tolerance(up=-0.1)
    with pytest.raises(InputError, match="tolerance"):
        Tolerance(down=float("nan"))


@pytest.mark.parametrize(
    ("total", "current", "ready", "expected"),
    [
        (20.0, 4, 2, 4),
        (20.0, 1, 1, 2),
        (20.0, 8, 1, 2),
        (5.0, 4, 4, 2),
        (5.0, 4, 2, 1),
        (10.9, 4, 2, 4),
        (11.1, 4, 2, 3),
        (20.0, 4, 0, 0),
    ],
)
def test_a_value_multiplies_the_pods_that_are_ready(total: float, current: int, ready: int, expected: int) -> None:
    of = Pods(current=current, ready=ready, used_milli=0)
    assert recommend_by_value(total, 10.0, of, Tolerance()) == expected


def test_an_average_of_an_external_metric_is_shared_out() -> None:
    assert recommend_by_average(100.0, 30.0, 3, Tolerance()) == 4
    assert recommend_by_average(95.0, 30.0, 3, Tolerance()) == 3
    assert recommend_by_average(44.0, 4.0, 10, Tolerance()) == 10
    assert recommend_by_average(44.1, 4.0, 10, Tolerance()) == 12


def test_it_stays_at_the_highest_recommendation_of_the_down_window() -> None:
    history = [(0.0, 8), (100.0, 5)]
    assert stabilise(8, 5, history, (200.0, -100.0)) == 8
    assert stabilise(8, 5, history, (310.0, 10.0)) == 5
    assert stabilise(5, 9, history, (200.0, -100.0)) == 9
    assert stabilise(5, 9, [(190.0, 6)], (100.0, -100.0)) == 6


def test_without_behavior_the_highest_recommendation_holds_on_the_way_up_too() -> None:
    history = [(0.0, 9), (100.0, 5)]
    assert stabilise_without_behavior(5, history, 0.0) == 9
    assert stabilise_without_behavior(5, history, 0.1) == 5
    assert stabilise_without_behavior(7, history, 0.1) == 7


def test_changes_that_ran_out_give_way_one_by_one() -> None:
    changes = [(0.0, 1), (10.0, 2), (50.0, 3)]
    assert with_change(changes, (60.0, 4), 15.0) == [(0.0, 1), (60.0, 4), (50.0, 3)], "the last that ran out goes"
    assert with_change(changes, (60.0, 4), 60.0) == [*changes, (60.0, 4)]


def test_rates_are_limited() -> None:
    usual = Behavior()
    assert limit_without_behavior(3, 8) == 6
    assert limit_without_behavior(1, 8) == 4
    assert limit_rate(3, 8, [], usual, 0.0) == 7
    assert limit_rate(10, 50, [], usual, 0.0) == 20
    assert limit_rate(7, 20, [(90.0, 4)], usual, 100.0) == 7
    assert limit_rate(7, 20, [(80.0, 4)], usual, 100.0) == 14
    assert limit_rate(9, 1, [], usual, 0.0) == 1
    assert limit_rate(7, 20, [(90.0, 4), (95.0, -3)], usual, 100.0) == 12, "of the 6 that there were"


@pytest.mark.parametrize(
    ("policies", "select", "expected"),
    [
        ((Policy(percent=25),), "Max", 7),
        ((Policy(percent=10), Policy(pods=4)), "Max", 6),
        ((Policy(percent=10), Policy(pods=4)), "Min", 9),
        ((Policy(percent=10),), "Disabled", 10),
    ],
)
def test_falls_are_limited(policies: tuple[Policy, ...], select: Any, expected: int) -> None:
    behavior = Behavior(down=Direction(window_s=0.0, policies=policies, select=select))
    assert limit_rate(10, 1, [], behavior, 0.0) == expected
