"""Accuracy measured by combination of variants: in both engines, the optimisers, the bound and the profile."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, replace
from hashlib import sha256
from itertools import product
from json import dumps
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ipagym.bench.bound.bound import bound, demand_of, most_per_window
from ipagym.bench.episode import Episode, run_episode
from ipagym.cluster.sim import ENGINES
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting, configured_accuracy
from ipagym.model.window import Window
from ipagym.optimize.frontier import solve as frontier
from ipagym.optimize.ipa import paper, program
from ipagym.optimize.problem import IpaProblem, ipa_problem, objective_value
from ipagym.profiles import load_file
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from tests.tiny import FixedRates, pipeline, scenario, setting, side_by_side

TABLE: dict[tuple[str, ...], float] = {
    ("small", "small"): 0.3,
    ("small", "big"): 0.9,
    ("big", "small"): 0.35,
    ("big", "big"): 0.6,
}
"""Not a product of anything: the best second stage depends on the first."""

MEASURED = replace(pipeline(2), accuracy_by_combination=TABLE)


@pytest.mark.parametrize("engine", ENGINES)
def test_answers_have_the_accuracy_that_was_measured(engine: str) -> None:
    chosen = scenario((4.0,) * 12, setting(2), setting(2, name="big"), pipeline=MEASURED)
    cluster = ENGINES[engine](chosen, keep_requests=True)
    cluster.reset(1)
    assert cluster.advance(4.0).accuracy == pytest.approx(0.9)
    cluster.apply(Configuration((setting(2, name="big"), setting(2, name="big"))))
    cluster.advance(8.0)
    answered = [request for request in cluster.requests if request.end_s < np.inf]
    assert {request.accuracy for request in answered} == {0.9, 0.6}
    assert all(request.accuracy == TABLE[request.variants[0], request.variants[1]] for request in answered)


def test_both_engines_agree_to_the_bit_on_mixes() -> None:
    mixed = side_by_side(setting(1), setting(1, name="big"))
    sides = mixed.turned(weight=0.7)
    chosen = scenario(
        (3.0, 0.0, 5.0) * 4, sides, mixed, pipeline=MEASURED, limits=Limits(max_replicas=4, max_deployments=2)
    )
    clusters = [make(chosen) for make in ENGINES.values()]
    for cluster in clusters:
        cluster.reset(3)
    for step in range(12):
        first, second = (cluster.advance(1.0).accuracy for cluster in clusters)
        assert first == second
        for cluster in clusters:
            cluster.apply(Configuration((sides if step % 2 else setting(2), mixed)))


def test_a_configuration_stands_for_the_mean_over_what_it_serves_with() -> None:
    mixed = StageSetting(tuple(replace(each, weight=w) for each, w in zip(_both(), (3.0, 1.0), strict=True)))
    found = configured_accuracy(Configuration((mixed, setting(name="big"))), MEASURED)
    assert found == pytest.approx(0.75 * 0.9 + 0.25 * 0.6)


def _both() -> tuple[Deployment, ...]:
    return side_by_side(setting(), setting(name="big")).deployments


@pytest.mark.parametrize("rate_rps", [0.5, 3.0, 7.0, 12.0])
@pytest.mark.parametrize("alpha", [2.0, 30.0])
def test_the_optimum_is_that_of_brute_force(rate_rps: float, alpha: float) -> None:
    slow = replace(MEASURED, slo_s=4.0)
    problem = ipa_problem(slow, rate_rps, Limits(max_replicas=4), Objective(alpha=alpha))
    best = max(_every_plan_value(problem, rate_rps), default=None)
    for solve in (program.solve, paper.solve, frontier.solve):
        found = solve(problem)
        assert found.feasible == (best is not None)
        if best is not None:
            assert found.objective == pytest.approx(best)


def _every_plan_value(problem: IpaProblem, rate_rps: float) -> Iterator[float]:
    sized = [
        [(c, n) for c in stage for n in range(1, 5) if n * c.throughput_rps >= rate_rps] for stage in problem.stages
    ]
    for plan in product(*sized):
        waits = sum(c.latency_s + (c.batch - 1) / rate_rps for c, _ in plan)
        if waits <= problem.slo_s:
            yield objective_value(problem, plan)


def test_no_course_earns_more_than_the_bound() -> None:
    chosen = scenario((3.0,) * 40, setting(2), setting(3, name="big"), pipeline=MEASURED, interval_s=10.0)
    chosen = replace(chosen, objective=Objective(alpha=20.0), workload=FixedRates(rates=(3.0,) * 80))

    class Stays:
        def reset(self, *_: object) -> None: ...

        def decide(self, window: Window) -> Configuration:
            return window.configuration

    episode = run_episode(Stays(), ENGINES["compiled"](chosen), chosen, 1)
    assert most_per_window(chosen) <= 20 * 0.9
    frame = windows_frame_of(episode)
    assert episode.rewards.mean() <= bound(chosen, demand_of(frame)) <= 20 * 0.9


def windows_frame_of(episode: Episode) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "in_system": [w.in_system for w in episode.windows],
            "completed": [w.completed for w in episode.windows],
            "dropped": [w.dropped for w in episode.windows],
            "arrivals": [w.arrivals for w in episode.windows],
            "arrivals_per_s": [w.arrivals_per_s for w in episode.windows],
        }
    )


def profile(combinations: list[dict[str, object]]) -> str:
    variants = [
        {"name": name, "accuracy": 0.5, "base_cores": 1, "load_s": 1.0, "average_s": {1: 0.1}, "p99_s": {1: 0.2}}
        for name in ("a", "b")
    ]
    return yaml.safe_dump(
        {
            "name": "two",
            "description": "two stages",
            "slo_s": 1.0,
            "batch_timeout_s": 0.1,
            "objective": {"alpha": 1.0, "beta": 1.0, "delta": 0.0},
            "idle_watts_per_core": 1.0,
            "busy_watts_per_core": 2.0,
            "stages": [{"name": name, "batches": [1], "variants": deepcopy(variants)} for name in ("first", "second")],
            "accuracy_by_combination": [deepcopy(row) for row in combinations],
        }
    )


WHOLE: list[dict[str, object]] = [
    {"variants": [first, second], "accuracy": 0.25} for first in ("a", "b") for second in ("a", "b")
]


def test_a_profile_may_have_the_accuracy_of_each_combination(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(profile(WHOLE))
    assert load_file(path).pipeline.accuracy_by_combination == dict.fromkeys(product("ab", repeat=2), 0.25)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (WHOLE[:3], "lacks b, b"),
        ([*WHOLE, WHOLE[0]], "has twice a, a"),
        ([*WHOLE, {"variants": ["a", "c"], "accuracy": 0.1}], "that is none: a, c"),
    ],
)
def test_a_table_that_is_not_whole_is_refused(rows: list[dict[str, object]], problem: str, tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(profile(rows))
    with pytest.raises(InputError, match=problem):
        load_file(path)


def test_a_scenario_without_a_table_has_the_digest_that_it_had() -> None:
    plain = scenario((1.0,) * 4)
    measured = replace(plain, pipeline=replace(plain.pipeline, accuracy_by_combination={("small",): 0.5}))
    fields = asdict(plain)
    del fields["pipeline"]["accuracy_by_combination"]
    assert plain.digest() == sha256(dumps(fields, sort_keys=True, default=repr).encode()).hexdigest()[:16]
    assert plain.digest() != measured.digest()
