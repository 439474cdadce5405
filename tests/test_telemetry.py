"""How figures reach controllers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ipagym.bench.episode import Episode, run_episode
from ipagym.cluster.sim import ENGINES
from ipagym.envs import ServingEnv, make_scenario
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.telemetry import Feed, Telemetry
from tests.pipelines import one_each, small_pipeline, window


def course(telemetry: Telemetry, lost: tuple[int, ...] = ()) -> list[tuple[int, bool]]:
    """Which window's figures are known after each of ten windows, and whether they are new."""
    feed, running = Feed(telemetry, 10.0, seed=0), one_each(small_pipeline())
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


@pytest.mark.parametrize(
    "settings",
    [
        {"scrape_s": 0.0},
        {"lag_s": -1.0},
        {"lag_s": float("inf")},
        {"load_error": -0.1},
        {"load_error": 0.51},
        {"load_error": float("nan")},
    ],
)
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


@dataclass
class Notes:
    """Keeps what it is shown, and asks for what it finds."""

    shown: list[Window] = field(default_factory=list)

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        self.shown.clear()

    def decide(self, window: Window) -> Configuration:
        self.shown.append(window)
        return window.configuration


def noted(engine: str, telemetry: Telemetry, seed: int) -> tuple[list[Window], Episode]:
    """What an agent is shown of an episode, and the episode."""
    scenario = make_scenario("video", "constant:20:60", telemetry=telemetry)
    agent = Notes()
    return agent.shown, run_episode(agent, ENGINES[engine](scenario), scenario, seed)


def arrivals(windows: Sequence[Window]) -> NDArray[np.int64]:
    return np.array([[each.arrivals, *each.arrivals_per_s, *(s.arrivals for s in each.stages)] for each in windows])


def test_arrivals_are_wrong_by_one_factor_in_an_episode_in_both_engines() -> None:
    telemetry = Telemetry(load_error=0.5)
    found = [telemetry.load_factor(seed) for seed in range(200)]
    assert 0.5 <= min(found) < 0.53 < 1.47 < max(found) <= 1.5
    assert np.mean(found) == pytest.approx(1.0, abs=0.06)
    for seed in (0, 1):
        per_engine = [arrivals(noted(engine, telemetry, seed)[0]) for engine in ENGINES]
        for each in per_engine[1:]:
            np.testing.assert_array_equal(each, per_engine[0])
        true = arrivals(noted("compiled", Telemetry(), seed)[0])
        of_windows, of_stages = [0], slice(-2, None)
        for columns in (of_windows, of_stages):
            assert np.abs(per_engine[0][:, columns] - true[:, columns] * found[seed]).max() <= 0.5
        assert (per_engine[0][:, 1:-2].sum(axis=1) == per_engine[0][:, 0]).all(), "seconds add up to their window"
        assert np.abs(per_engine[0][:, 1:-2] - true[:, 1:-2] * found[seed]).max() <= 1


def test_what_happens_and_all_else_that_is_seen_is_true() -> None:
    (wrong, measured), (true, episode) = (noted("compiled", Telemetry(load_error=error), 3) for error in (0.4, 0.0))
    np.testing.assert_array_equal(arrivals(measured.windows), arrivals(episode.windows))
    np.testing.assert_array_equal(measured.rewards, episode.rewards)
    for one, other in zip(wrong, true, strict=True):
        assert one.arrivals != other.arrivals
        assert (one.violations, one.completed, one.cores) == (other.violations, other.completed, other.cores)
        assert [stage.queue for stage in one.stages] == [stage.queue for stage in other.stages]


def test_environments_and_their_forks_see_the_wrong_load() -> None:
    scenario = make_scenario("video", "constant:20:60", telemetry=Telemetry(load_error=0.5))
    env = ServingEnv(scenario)
    env.reset(seed=0)
    twin = env.fork()
    factor = scenario.telemetry.load_factor(0)
    for each in (env, twin):
        each.step(each.action_space.sample() * 0)
        seen, true = each.seen.window_records["arrivals"][0], each.history[-1].arrivals
        assert seen == int(np.floor(true * factor + 0.5)) != true
