"""Tabular Q-learning over configurations, after IPA-Ext's study, with corrections.

State: variant, replicas and batch of every stage. Actions: one knob of one stage a step up or down (variants and
batches wrap around, replicas stop at their bounds), or to stay. Reward: IPA's objective planned for the load, with a
penalty if the load or the SLO is not met. The study rebuilt its table at every decision and, as released, learned for
one step. Here ε falls from 1 to 0.05 over the episodes, half of which begin in the current configuration. Each bucket
of the load has a table, which is kept and starts as a copy of the nearest bucket's table. The agent runs the best
visited state, or the best one that the table leads to from there. Cores do not change. (Watkins and Dayan, Machine
Learning, 1992.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from ipagym.agents.common.found_cores import explicit_cores, on_found_cores
from ipagym.agents.common.planning_with import forecaster_named
from ipagym.agents.learned.q_table import Move, QTable, State
from ipagym.forecast import Forecaster
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.problem import queue_wait_s
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario

KNOBS_TURNED = 3
BUCKET = 1.15
"""Loads within 15 % share a table; it plans for the highest of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QSettings:
    """The amount of learning for a new bucket, and the rates."""

    episodes: int = 400
    steps: int = 50
    learning_rate: float = 0.1
    discount: float = 0.95
    last_epsilon: float = 0.05


class QLearning:
    """Learns on a model of the pipeline (its profile), never on the pipeline itself."""

    def __init__(
        self, *, objective: Objective, settings: QSettings | None = None, forecaster: Forecaster | None = None
    ) -> None:
        self.objective = objective
        self.settings = settings or QSettings()
        self.forecaster: Forecaster = forecaster or MovingMaximum()

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Discard everything learned."""
        self._pipeline, self._limits, self._rng = pipeline, limits, rng
        self._model: PlannedReward | None = None
        self._tables: dict[int, QTable] = {}
        self._chosen: dict[int, Configuration] = {}
        self.forecaster.reset()

    def decide(self, window: Window) -> Configuration:
        """The best known state for the load; learns first if the load is new."""
        self.forecaster.observe(window.arrivals_per_s)
        if self._model is None:
            seen = on_found_cores(self._pipeline, window.configuration.first_deployments)
            self._model = PlannedReward(seen, self._limits, self.objective)
        start = self._model.state_of(window.configuration)
        bucket = round(log(max(self.forecaster.predict(), 1e-3)) / log(BUCKET))
        if bucket not in self._chosen:
            self._model.plan_for(BUCKET ** (bucket + 0.5))
            table = self._tables[bucket] = self._learned(bucket, start)
            met = max(table.states, key=self._model.reward)
            best = max((met, *table.way(met, self.settings.steps)), key=self._model.reward)
            self._chosen[bucket] = explicit_cores(
                self._model.configuration_of(best), self._model.pipeline, self._pipeline
            )
        return self._chosen[bucket]

    def _learned(self, bucket: int, start: State) -> QTable:
        assert self._model is not None
        nearest = min(self._tables, key=lambda known: abs(known - bucket), default=None)
        table = QTable(self._model.move) if nearest is None else self._tables[nearest].copy()
        settings = self.settings
        for episode in range(settings.episodes):
            epsilon = 1 - (1 - settings.last_epsilon) * episode / max(1, settings.episodes - 1)
            state = start if episode % 2 else self._model.random_state(self._rng)
            chances, choices = self._rng.random(settings.steps), self._rng.integers(0, 2**31, settings.steps)
            for chance, choice in zip(chances.tolist(), choices.tolist(), strict=True):
                action = choice % self._model.actions if chance < epsilon else table.best_action(state)
                following = self._model.move(state, action)
                table.update(
                    Move(state, action, following, self._model.reward(following)),
                    settings.learning_rate,
                    settings.discount,
                )
                state = following
        return table


class PlannedReward:
    """States and actions of a pipeline, and the reward of a state under a load.

    A state holds, for each stage, the indices of variant and batch and the number of replicas.
    """

    def __init__(self, pipeline: Pipeline, limits: Limits, objective: Objective) -> None:
        self.pipeline = pipeline
        self.limits = limits
        self.objective = objective
        self.actions = 2 * KNOBS_TURNED * len(pipeline.stages) + 1
        self._sizes = [(len(stage.variants), limits.max_replicas, len(stage.batches)) for stage in pipeline.stages]
        self._models = [
            [[(v.latency.p99(b), v.latency.throughput_rps(b)) for b in stage.batches] for v in stage.variants]
            for stage in pipeline.stages
        ]
        most = sum(max(v.base_cores for v in stage.variants) * limits.max_replicas for stage in pipeline.stages)
        self._penalty = -objective.alpha - objective.beta * most
        self._rate_rps = 0.0
        self._known: dict[State, float] = {}

    def plan_for(self, rate_rps: float) -> None:
        """The load that rewards are planned for."""
        if rate_rps != self._rate_rps:
            self._rate_rps, self._known = rate_rps, {}

    def reward(self, state: State) -> float:
        """α·PAS − β·cores − δ·batch; if the load is not carried, the worst value of that minus the missing capacity."""
        if state not in self._known:
            self._known[state] = self._reward(state)
        return self._known[state]

    def _reward(self, state: State) -> float:
        cores, batches, latency_s, served = 0, 0, 0.0, 1.0
        for stage, models, (variant, replicas, batch) in zip(self.pipeline.stages, self._models, state, strict=True):
            seconds, throughput = models[variant][batch]
            size = stage.batches[batch]
            cores += replicas * stage.variants[variant].base_cores
            batches += size
            latency_s += seconds + queue_wait_s(size, self._rate_rps)
            served = min(served, replicas * throughput / self._rate_rps)
        total = self.limits.total_cores
        if total is not None and cores > total:
            return 2 * self._penalty
        if served < 1 or latency_s > self.pipeline.slo_s:
            return self._penalty * (1 + (1 - served))
        names = [stage.variants[variant].name for stage, (variant, *_) in zip(self.pipeline.stages, state, strict=True)]
        return self.objective.planned(self.pipeline.accuracy_of(names), cores, batches)

    def move(self, state: State, action: int) -> State:
        """The state that an action leads to; the last action stays."""
        if action == self.actions - 1:
            return state
        stage, rest = divmod(action, 2 * KNOBS_TURNED)
        knob, step = rest // 2, 1 if rest % 2 else -1
        changed = list(state[stage])
        size = self._sizes[stage][knob]
        if knob == 1:
            changed[1] = min(max(changed[1] + step, 1), size)
        else:
            changed[knob] = (changed[knob] + step) % size
        return (*state[:stage], (changed[0], changed[1], changed[2]), *state[stage + 1 :])

    def random_state(self, rng: np.random.Generator) -> State:
        """A uniformly random state."""
        return tuple(
            (int(rng.integers(v)), int(rng.integers(1, n + 1)), int(rng.integers(b))) for v, n, b in self._sizes
        )

    def state_of(self, configuration: Configuration) -> State:
        """The state of a configuration (of the first deployment of each stage)."""
        stages: Sequence[tuple[int, int, int]] = [
            ([v.name for v in stage.variants].index(s.variant), s.replicas, stage.batches.index(s.batch))
            for s, stage in zip(configuration.first_deployments, self.pipeline.stages, strict=True)
        ]
        return tuple(stages)

    def configuration_of(self, state: State) -> Configuration:
        """The configuration of a state."""
        return Configuration(
            tuple(
                StageSetting.of(stage.variants[variant].name, replicas, stage.batches[batch])
                for (variant, replicas, batch), stage in zip(state, self.pipeline.stages, strict=True)
            )
        )


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the forecaster."""
    return QLearning(objective=scenario.objective, forecaster=forecaster_named(argument, scenario.interval_s))
