"""How figures reach controllers."""

from dataclasses import replace

import pytest

from ipagym.envs import ServingEnv, make_scenario
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.telemetry import Feed, Telemetry
from tests.pipelines import one_each, small_pipeline, window


def course(telemetry: Telemetry, lost: tuple[int, ...] = ()) -> list[tuple[int, bool]]:
    """Which window's figures are known after each of ten windows, and whether they are new."""
    feed, running = Feed(telemetry, 10.0), one_each(small_pipeline())
    seen = []
    for index in range(10):
        made = replace(window(running, start_s=10.0 * index), arrivals=index, scraped=index not in lost)
        known: Window = feed.see(made)
        assert (known.start_s, known.end_s) == (made.start_s, made.end_s), "the time is always known"
        seen.append((known.arrivals, known.scraped))
    return seen


def test_figures_are_known_at_once_unless_said_otherwise() -> None:
    assert course(Telemetry()) == [(index, True) for index in range(10)]


def test_a_lag_counts_in_whole_windows() -> None:
    expected = [(0, True), (0, False), (0, False), *((index, True) for index in range(1, 8))]
    assert course(Telemetry(lag_s=15.0)) == expected
    assert course(Telemetry(lag_s=20.0)) == expected


def test_scrapes_are_seldom() -> None:
    known = course(Telemetry(scrape_s=30.0))
    assert [index for index, _ in known] == [0, 0, 0, 3, 3, 3, 6, 6, 6, 9]
    assert [new for _, new in known] == [True, False, False] * 3 + [True]


def test_a_lost_scrape_leaves_what_was_known() -> None:
    assert [index for index, _ in course(Telemetry(), lost=(2, 3))][:5] == [0, 1, 1, 1, 4]
    assert [index for index, _ in course(Telemetry(lag_s=10.0), lost=(2,))][:6] == [0, 0, 1, 1, 3, 4]
    assert course(Telemetry(), lost=(0,))[0][0] == 0, "the figures of the first window always come"


@pytest.mark.parametrize("settings", [{"scrape_s": 0.0}, {"lag_s": -1.0}, {"lag_s": float("inf")}])
def test_unusable_telemetry_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Telemetry(**settings)


def test_an_environment_shows_what_is_known() -> None:
    late = make_scenario("video", telemetry=Telemetry(lag_s=30.0))
    env, at_once = ServingEnv(late), ServingEnv(make_scenario("video"))
    first, _ = env.reset(seed=0)
    at_once.reset(seed=0)
    action = env.action_space.sample()
    index = env.observation_names.index("arrivals_mean") if "arrivals_mean" in env.observation_names else 0
    observed = [env.step(action)[0] for _ in range(5)]
    fresh = [at_once.step(action)[0] for _ in range(5)]
    assert observed[3][index] == fresh[0][index]
    assert observed[4][index] == fresh[1][index]
    assert first.shape == observed[0].shape
