"""Nothing is fitted to the seeds or days that results are reported on."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import ipagym
from ipagym.agents.simple.best_constant import best_constant
from ipagym.agents.wrappers.tuned import FACTORS, tuned_factor
from ipagym.cluster.sim.compiled.simulator import CompiledCluster
from ipagym.envs.scenarios import make_scenario
from ipagym.envs.serving import ServingEnv
from ipagym.envs.vector import ServingVectorEnv
from ipagym.random.splits import SPLITS, split_of
from ipagym.random.streams import Streams, seed_of
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario
from ipagym.task.splits import splits_of, warning_of
from ipagym.workload import by_name
from ipagym.workload.days import DAYS, SERVED_S, TraceDays, days_of_window
from ipagym.workload.opening import Opening
from ipagym.workload.trace import DAY_S, WINDOWS

WHOLE_S = 22 * DAY_S
SEEDS = {"test": range(200), "validation": range(100_000, 100_200), "train": range(1_000_000, 1_000_200)}


@pytest.fixture(scope="module")
def numbered() -> TraceDays:
    """A trace whose counts are the numbers of its days, so that a load tells where it was taken from."""
    return TraceDays(duration_s=3600, damping=1.0, counts=np.arange(WHOLE_S) // DAY_S)


@pytest.fixture
def reset_seeds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds of every episode that any engine begins; the 0 at which a new simulator waits for its first is none."""
    found: list[int] = []
    spawn, init = Streams.spawn, CompiledCluster.__init__

    def recorded(seed: int) -> Streams:
        found.append(int(seed))
        return spawn(seed)

    def made(cluster: CompiledCluster, scenario: Scenario) -> None:
        before = len(found)
        init(cluster, scenario)
        del found[before:]

    monkeypatch.setattr(Streams, "spawn", recorded)
    monkeypatch.setattr(CompiledCluster, "__init__", made)
    return found


def short(name: str, seconds: int = 60) -> Scenario:
    scenario = make_scenario(name)
    return replace(scenario, workload=Opening(whole=scenario.workload, duration_s=seconds))


def days_met(load: TraceDays, seeds: range) -> set[int]:
    return {int(day) for seed in seeds for day in np.unique(load.rates_rps(Streams.spawn(seed).load))}


def test_no_seed_and_no_day_belongs_to_two_splits() -> None:
    ranges = sorted(SPLITS.values())
    assert all(before.end <= after.first for before, after in pairwise(ranges))
    assert sorted(day for days in DAYS.values() for day in days) == list(range(22))
    assert DAYS["train"] == tuple(range(14)), "the forecasters with weights were trained on these"
    for name, seeds in SPLITS.items():
        assert {split_of(seeds.first), split_of(seeds.end - 1)} == {name}
    assert split_of(500_000) == split_of(2**31) == "none"


@pytest.mark.parametrize("split", DAYS)
def test_the_seed_says_which_days_an_episode_may_be_of(split: str, numbered: TraceDays) -> None:
    assert days_met(numbered, SEEDS[split]) == set(DAYS[split])


def test_seeds_of_no_split_and_other_generators_get_days_of_training(numbered: TraceDays) -> None:
    assert days_met(numbered, range(500_000, 500_100)) <= set(DAYS["train"])
    assert {int(numbered.rates_rps(np.random.default_rng(seed))[0]) for seed in range(50)} <= set(DAYS["train"])
    assert seed_of(Streams.spawn(7).load) == 7
    assert seed_of(Streams.spawn(7).arrivals) is None


def test_hours_of_a_day_are_of_one_day_and_of_its_part_with_requests() -> None:
    second_of_day = TraceDays(duration_s=SERVED_S, damping=2.0, counts=np.arange(WHOLE_S) % DAY_S)
    rates = second_of_day.rates_rps(Streams.spawn(3).load)
    assert (rates == np.arange(SERVED_S) / 2).all()
    other = TraceDays(duration_s=3600, damping=2.0, counts=np.arange(WHOLE_S) % DAY_S)
    assert len({other.rates_rps(Streams.spawn(seed).load)[0] for seed in range(50)}) > 40


def test_windows_of_the_papers_are_of_days_of_test() -> None:
    assert {day for name in WINDOWS for day in days_of_window(name)} <= set(DAYS["test"])


def test_a_day_by_name(tmp_path: Path) -> None:
    trace = tmp_path / "workload.txt"
    trace.write_text(" ".join(map(str, (np.arange(WHOLE_S) // DAY_S).tolist())))
    load = by_name("twitter-day:2:7200", trace)
    assert load.duration_s == 7200
    assert set(load.rates_rps(Streams.spawn(1_000_000).load) * 2) <= set(DAYS["train"])
    made = by_name("twitter-day:8:7200")
    assert (made.name, made.duration_s) == ("twitter-day", 7200)


@pytest.mark.parametrize(
    ("name", "message"),
    [("twitter-day", "needs 1 number"), ("twitter-day:0:60", "damping"), ("twitter-day:8:90000", "1..84659 seconds")],
)
def test_days_that_cannot_be(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        by_name(name)
    (tmp_path / "short.txt").write_text("1 2 3")
    with pytest.raises(InputError, match="22 days, not 3 s"):
        by_name("twitter-day:8:60", tmp_path / "short.txt")


def test_the_best_constant_is_found_on_seeds_of_training(reset_seeds: list[int]) -> None:
    scenario = short("sponge-yolov5n", 20)
    reset_seeds.clear()
    best_constant(scenario)
    assert splits_of(reset_seeds).keys() == {"train"}


def test_a_factor_is_tuned_on_seeds_of_training(reset_seeds: list[int]) -> None:
    scenario = short("video")
    reset_seeds.clear()
    assert tuned_factor("ipa", scenario) in FACTORS
    assert splits_of(reset_seeds).keys() == {"train"}


def test_episodes_that_are_given_no_seed_are_of_training(reset_seeds: list[int]) -> None:
    one, many = ServingEnv(short("video")), ServingVectorEnv(short("video"), 3)
    reset_seeds.clear()
    one.reset(seed=5)
    for _ in range(20):
        one.reset()
        many.reset()
    assert splits_of(reset_seeds)["test"] == [5]
    assert splits_of(reset_seeds).keys() == {"test", "train"}


def test_a_manifest_says_which_splits_were_run(tmp_path: Path) -> None:
    found = ipagym.compare(short("video"), ["hold"], seeds=2, seed0=99_999, out=tmp_path)
    assert found.manifest.splits == {"test": [99_999], "validation": [100_000]}


def test_other_seeds_than_those_of_test_are_told() -> None:
    assert warning_of(range(5)) is None
    line = warning_of([0, 150_000, 1_000_000, 1_000_001, 300_000])
    assert line is not None
    assert "150000 of validation; 1000000..1000001 of train; 300000 of no split" in line


def test_only_planners_can_be_tuned() -> None:
    with pytest.raises(InputError, match="needs a planner that forecasts, such as tuned:ipa, not hold"):
        tuned_factor("hold", short("video"))
