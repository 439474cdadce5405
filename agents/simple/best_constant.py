"""The best configuration that is never changed, found by search on seeds of training.

It is what a controller must beat to be worth having: many a published setting is won by standing still.
"""

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.codec import Codec
from ipagym.envs.masks import Masks
from ipagym.envs.options import EnvOptions
from ipagym.envs.vector import ServingVectorEnv
from ipagym.model.configuration import Configuration
from ipagym.task.scenario import Scenario
from ipagym.task.splits import TRAIN

Indices = NDArray[np.int64]

STARTS = 64
"""Configurations drawn at random, beside the initial one."""

CLIMBS = 3
"""The best of them, from which the search goes on."""

STEPS = (1, 2, 4, 8, 16, 32)
"""A knob is changed by so many of its values, down or up."""

SEEDS = 4
"""Episodes that a configuration is judged by."""

LIKELY = 6
"""The neighbours that a climb looks at first: the best on the first episode alone."""

AT_ONCE = 512
"""Episodes simulated side by side."""


_FOUND: dict[str, Configuration] = {}
"""Those found in this process, by the digest of their scenario: a comparison makes an agent for each of its seeds."""


def best_constant(scenario: Scenario) -> Configuration:
    """The constant configuration of the highest mean reward over episodes of training.

    A climb from the best of many random ones and the initial one: of all configurations that differ in one knob the
    best is taken, for as long as it is better. Those that do well in one episode are looked at first, the others only
    where none of these is better.
    """
    digest = scenario.digest()
    if digest not in _FOUND:
        _FOUND[digest] = _search(_Judge(scenario))
    return _FOUND[digest]


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
        """The best actions on the first episode, at most so many."""
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
    codec, rng = judge.codec, np.random.default_rng(0)
    starts = [codec.encode(judge.scenario.initial), *(judge.masks.random_action(rng) for _ in range(STARTS))]
    first = np.unique(np.array(starts), axis=0)
    best = first[np.argsort(-judge.rewards(first), kind="stable")[:CLIMBS]]
    ends = np.array([_climb(judge, action) for action in best])
    return codec.decode(ends[judge.rewards(ends).argmax()])


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
    """The actions that differ in one knob and that the limits have room for."""
    changes = [by for step in STEPS for by in (-step, step)]
    rows = np.array([action + by * unit for unit in np.eye(len(action), dtype=np.int64) for by in changes])
    rows = rows[((rows >= 0) & (rows < np.array(judge.codec.sizes))).all(axis=1)]
    return np.asarray(rows[judge.masks.feasible(rows)])
