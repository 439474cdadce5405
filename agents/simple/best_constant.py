"""The best constant configuration, found by search on training seeds. A useful controller must beat it: in many
published settings, no controller does.
"""

from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from ipagym.bench.storage.findings import found
from ipagym.bench.storage.targets import configuration_from, text_of
from ipagym.envs.codec import Codec
from ipagym.envs.learners.plan_table import plan_table
from ipagym.envs.learners.planners import PlanProblem, usual_planner
from ipagym.envs.masks import Masks
from ipagym.envs.options import EnvOptions
from ipagym.envs.vector import ServingVectorEnv
from ipagym.model.configuration import Configuration
from ipagym.random.streams import Streams
from ipagym.task.scenario import Scenario
from ipagym.task.splits import TRAIN

Indices = NDArray[np.int64]

STARTS = 64
"""Configurations drawn at random, beside the initial one."""

PLANS = 24
"""Number of plans of the optimiser of the open knobs, from half the lowest load of an episode to twice the highest."""

WAYS = (0.0, 0.25, 0.5)
"""Shares of the SLO that the network may take in such a plan."""

CLIMBS = 4
"""Number of the best of all these from which the search continues."""

STEPS = (1, 2, 4, 8, 16, 32)
"""Steps of a knob, in values, down or up; two knobs together change by one value each."""

SEEDS = 4
"""Episodes with which a configuration is evaluated."""

LIKELY = 6
"""Number of neighbours that a climb evaluates first: the best on the first episode alone."""

AT_ONCE = 512
"""Episodes simulated at once."""


def best_constant(scenario: Scenario) -> Configuration:
    """The constant configuration of the highest mean reward over episodes of training.

    Hill climbing from the best of many random configurations, an optimiser's plans and the initial configuration. In
    each step it moves to the best configuration that differs in one knob, or in two knobs by one value each, as long as
    that is better. The best ones on one episode are evaluated first, the others only if none of these is better. The
    result is stored (`ipagym.bench.storage.findings`).
    """
    text = found("static:best", scenario, lambda: text_of(_search(_Judge(scenario))))
    return configuration_from(text)


class _Judge:
    """Mean rewards of constant configurations, as actions of the codec; each is simulated once."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.codec = Codec(scenario.pipeline, scenario.limits)
        self.masks = Masks(self.codec)
        self._known: dict[int, dict[tuple[int, ...], float]] = {1: {}, SEEDS: {}}

    def rewards(self, actions: Indices, episodes: int = SEEDS) -> NDArray[np.float64]:
        """The mean reward per window of each action over the first episodes, shape (n,)."""
        known, rows = self._known[episodes], [tuple(row) for row in actions.tolist()]
        new = list(dict.fromkeys(row for row in rows if row not in known))
        for first in range(0, len(new), AT_ONCE // episodes):
            part = new[first : first + AT_ONCE // episodes]
            known |= dict(zip(part, self._simulated(part, episodes), strict=True))
        return np.array([known[row] for row in rows])

    def likely(self, actions: Indices, most: int) -> Indices:
        """The best actions on the first episode, at most `most`."""
        return np.asarray(actions[np.argsort(-self.rewards(actions, 1), kind="stable")[:most]])

    def _simulated(self, rows: list[tuple[int, ...]], episodes: int) -> list[float]:
        actions = np.repeat(np.array(rows, dtype=np.int64), episodes, axis=0)
        env = ServingVectorEnv(self.scenario, len(actions), options=EnvOptions(with_info=False))
        env.reset(seed=[TRAIN.first + k % episodes for k in range(len(actions))])
        steps = self.scenario.windows - 1
        total = np.sum([env.step(actions)[1] for _ in range(steps)], axis=0)
        means: list[float] = (total.reshape(-1, episodes).mean(axis=1) / steps).tolist()
        return means


def _search(judge: _Judge) -> Configuration:
    codec = judge.codec
    first = np.unique(np.concatenate([_plans(judge.scenario), _drawn(judge)]), axis=0)
    best = first[np.argsort(-judge.rewards(first), kind="stable")[:CLIMBS]]
    ends = np.array([_climb(judge, action) for action in best])
    return codec.decode(ends[judge.rewards(ends).argmax()])


def _drawn(judge: _Judge) -> Indices:
    """The initial configuration and random ones."""
    rng = np.random.default_rng(0)
    return np.array(
        [judge.codec.encode(judge.scenario.initial), *(judge.masks.random_action(rng) for _ in range(STARTS))]
    )


def _plans(scenario: Scenario) -> Indices:
    """An optimiser's plans for loads around those of an episode of training."""
    problem = PlanProblem.of(scenario)
    table = plan_table(problem, usual_planner(problem.pipeline, problem.limits))
    rates_rps = scenario.workload.rates_rps(Streams.spawn(TRAIN.first).load)
    levels = np.geomspace(max(0.5, rates_rps.min()) / 2, max(1.0, rates_rps.max()) * 2, PLANS)
    pairs = np.array(list(product(levels, np.array(WAYS) * problem.pipeline.slo_s)))
    return table.actions(pairs[:, 0], pairs[:, 1])


def _climb(judge: _Judge, action: Indices) -> Indices:
    while True:
        around = _around(judge, action)
        reached = judge.rewards(action[np.newaxis])[0]
        for looked_at in (judge.likely(around, LIKELY), around):
            rewards = judge.rewards(looked_at)
            if rewards.max() > reached:
                action = looked_at[rewards.argmax()]
                break
        else:
            return action


def _around(judge: _Judge, action: Indices) -> Indices:
    """The feasible actions that differ in one knob, or in two by one value each."""
    units = np.eye(len(action), dtype=np.int64)
    single = [by * step * unit for unit in units for step in STEPS for by in (-1, 1)]
    double = [
        by * one + and_by * other for one, other in combinations(units, 2) for by, and_by in product((-1, 1), repeat=2)
    ]
    rows = action + np.array(single + double)
    rows = rows[((rows >= 0) & (rows < np.array(judge.codec.sizes))).all(axis=1)]
    return np.asarray(rows[judge.masks.feasible(rows)])
