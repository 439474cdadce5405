"""A policy that first imitates another agent: behaviour cloning, then DAgger (Ross, Gordon and Bagnell 2011)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ipagym.agents.common.wrapper import Wrapper
from ipagym.agents.learned.algorithms.algorithm import Algorithm
from ipagym.agents.learned.one_view import OneView
from ipagym.agents.learned.resuming import Learner
from ipagym.agents.learned.training_env import episode_seed
from ipagym.bench.episode import run_episode
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs.learners.planners import PlanProblem
from ipagym.envs.learners.view import ViewSettings
from ipagym.envs.observation import Observer
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

ROUNDS = 3
"""In the first round the agent decides; in the others the learner decides, and the agent's decisions are the labels."""

EPISODES = 8
"""Episodes of each round."""

EPOCHS = 60
"""Epochs over all data after each round."""

BATCH = 128
LEARNING_RATE = 1e-3

OF_DEMONSTRATIONS = 2**20
"""The number of the environment in the seeds of these episodes, so that they differ from those of the training."""

Shown = NDArray[np.float32]
Actions = NDArray[np.int64]
Decide = Callable[[Shown], Actions]


@dataclass(frozen=True, slots=True, eq=False)
class Demonstrations:
    """Observations of a view, shape (n, entries), and an agent's actions in the form of the view, shape (n, heads)."""

    shown: Shown
    actions: Actions


class Demonstrator(Wrapper):
    """An agent whose decisions are recorded as actions of a view; either these are taken, or those of the learner."""

    def __init__(self, agent: Agent, scenario: Scenario, settings: ViewSettings, decide: Decide | None) -> None:
        super().__init__(agent)
        self._scenario, self._settings, self._decide = scenario, settings, decide
        self.shown: list[Shown] = []
        self.actions: list[Actions] = []

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Prepare for an episode."""
        super().reset(pipeline, limits, rng)
        self._seen = OneView(PlanProblem.of(self._scenario), Observer.of(self._scenario), self._settings)

    def decide(self, window: Window) -> Configuration:
        """Record the agent's decision, and return it or the learner's."""
        shown = self._seen.see(window)
        action = self._seen.action_for(self.agent.decide(window))
        self.shown.append(shown)
        self.actions.append(action)
        return self._seen.configuration(action if self._decide is None else self._decide(shown))


def warm_start(learner: Learner, scenario: Scenario, settings: ViewSettings, agent: Agent) -> float:
    """Train a new model to imitate the agent; returns the share of the agent's actions that it then takes. The moments
    of normalisation are initialised with the observations.

    Raises:
        InputError: the algorithm or the view cannot imitate an agent.
    """
    check_can_imitate(learner.algorithm)
    env, seed = learner.env, learner.env.course.seed
    parts: list[Demonstrations] = []
    torch.manual_seed(seed)

    def decide(shown: Shown) -> Actions:
        values, _ = learner.model.predict(env.normalised(shown), deterministic=True)
        return np.asarray(values)

    for number in range(ROUNDS):
        made = Demonstrator(agent, scenario, settings, decide if number else None)
        for episode in range(number * EPISODES, (number + 1) * EPISODES):
            run_episode(made, CompiledCluster(scenario), scenario, episode_seed(seed, OF_DEMONSTRATIONS, episode))
        parts.append(Demonstrations(np.concatenate(made.shown), np.concatenate(made.actions)))
        env.moments.update(parts[-1].shown)
        _clone(learner, _together(parts), np.random.default_rng((seed, number)))
    every = _together(parts)
    return float((decide(every.shown) == every.actions).all(axis=1).mean())


def check_can_imitate(algorithm: Algorithm) -> None:
    """Refuse algorithms without a likelihood of actions that is independent of the history.

    Raises:
        InputError: the algorithm has no such likelihood.
    """
    if algorithm.log_likelihood is None:
        raise InputError("a warm start is for ppo and maskable-ppo: leave --warm-start out, or choose one of them")


def _together(parts: list[Demonstrations]) -> Demonstrations:
    return Demonstrations(
        np.concatenate([each.shown for each in parts]), np.concatenate([each.actions for each in parts])
    )


def _clone(learner: Learner, seen: Demonstrations, rng: np.random.Generator) -> None:
    """Raise the likelihood of the actions: cross-entropy, by batches in random order."""
    likelihood, model = learner.algorithm.log_likelihood, learner.model
    assert likelihood is not None, "it was checked"
    optimizer = torch.optim.Adam(model.policy.parameters(), lr=LEARNING_RATE)
    shown = torch.from_numpy(learner.env.normalised(seen.shown))
    actions = torch.from_numpy(seen.actions)
    for _ in range(EPOCHS):
        for batch in np.array_split(rng.permutation(len(actions)), max(1, len(actions) // BATCH)):
            optimizer.zero_grad()
            loss = -likelihood(model, shown[batch], actions[batch]).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
