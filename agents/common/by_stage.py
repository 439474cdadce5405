"""Controllers with one independent rule per stage, and the figures that such a rule sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting, cores_of
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.model.window import StageWindow, Window


@dataclass(frozen=True, kw_only=True, slots=True)
class StageView:
    """A stage at the end of a window: its running setting (`setting`), its figures, and its limits.

    If a stage runs several deployments, rules control the first one and do not change the others. `slo_s` is the SLO of
    the pipeline. `slo_share_s` is the stage's part of it, in proportion to its latency at batch 1 among all stages (in
    a chain), for systems that treat one model at a time.
    """

    index: int
    stage: Stage
    setting: StageSetting
    seen: StageWindow
    window: Window
    limits: Limits
    slo_s: float
    slo_share_s: float

    @property
    def running(self) -> Deployment:
        """The deployment that rules control."""
        return self.setting.first

    @property
    def now_s(self) -> float:
        """Seconds since the episode began."""
        return self.window.end_s

    @property
    def rate_rps(self) -> float:
        """Requests that arrived at the stage, per second."""
        return self.seen.arrivals / self.window.duration_s

    @property
    def in_flight(self) -> float:
        """Requests queued or being served: the queue at the window's end and the batches of the busy replicas."""
        return self.seen.queue + self.seen.utilisation * self.seen.ready * self.running.batch

    @property
    def cores(self) -> int:
        """Cores of one replica."""
        return cores_of(self.running, self.stage)

    @property
    def latency(self) -> LatencyModel:
        """The profile of the running deployment."""
        return latency_of(self.running, self.stage)


class StageRule(Protocol):
    """Decides the knobs of one stage. A new one is made for every episode, and it may keep state."""

    def setting(self, view: StageView) -> StageSetting:
        """The knobs from now on; called once per window."""


class ByStage:
    """An agent with one rule for each stage; their joint request is reduced to the budget."""

    def __init__(self, make_rule: Callable[[Stage], StageRule]) -> None:
        self.make_rule = make_rule

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Make new rules."""
        self._pipeline, self._limits = pipeline, limits
        self._rules = [self.make_rule(stage) for stage in pipeline.stages]

    def decide(self, window: Window) -> Configuration:
        """The settings that the rules request, stage by stage."""
        views = self._views(window)
        wanted = Configuration(tuple(rule.setting(view) for rule, view in zip(self._rules, views, strict=True)))
        return affordable(wanted, self._pipeline, self._limits)

    def _views(self, window: Window) -> list[StageView]:
        running = list(zip(self._pipeline.stages, window.configuration.stages, window.stages, strict=True))
        shares_s = slo_shares_s(window.configuration.first_deployments, self._pipeline)
        return [
            StageView(
                index=index,
                stage=stage,
                setting=setting,
                seen=seen,
                window=window,
                limits=self._limits,
                slo_s=self._pipeline.slo_s,
                slo_share_s=shares_s[index],
            )
            for index, (stage, setting, seen) in enumerate(running)
        ]


def slo_shares_s(running: Sequence[Deployment], pipeline: Pipeline) -> list[float]:
    """The SLO divided among the stages in proportion to their latency at batch 1."""
    alone_s = [latency_of(each, stage).p99(1) for each, stage in zip(running, pipeline.stages, strict=True)]
    return [pipeline.slo_s * each / sum(alone_s) for each in alone_s]


def replica_rps(deployment: Deployment, stage: Stage) -> float:
    """Planned throughput of one replica in requests per second."""
    return latency_of(deployment, stage).throughput_rps(deployment.batch)


def latency_of(deployment: Deployment, stage: Stage) -> LatencyModel:
    """The profile of a deployment: its variant on its cores."""
    return stage.variant(deployment.variant).latency_on(cores_of(deployment, stage))
