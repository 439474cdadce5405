"""INFaaS (Romero et al., ATC 2021): replicate or upgrade, a stage at a time, by its released autoscaler.

Every second: the load W against the capacity C = n·T1; Δ = W − 0.95·C (CPU); up by ⌈Δ/T1⌉, down by one after more than
ten votes in a row. Before it replicates, it looks for an upgrade (a larger batch or other cores, its "variants") that
carries the load. It upgrades if loading the additional replicas costs more than 1.5 times the loading of the upgrade;
with less load it returns to the previous batch. Another variant is allowed if its accuracy is at least the initial one.
Queries have no own SLO and accuracy here: both are the stage's. If windows are longer than a second, one step is one
window.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from ipagym.agents.common.by_stage import ByStage, StageView, latency_of, replica_rps
from ipagym.model.agent import Agent
from ipagym.model.configuration import Deployment, StageSetting
from ipagym.task.scenario import Scenario

SLACK = 0.95
VOTES = 10
UPGRADE_FACTOR = 1.5
BEYOND_PENALTY = 1000.0


class InfaasRule:
    """One stage with its part of the SLO."""

    def __init__(self) -> None:
        self._votes = 0
        self._accuracy: float | None = None

    def setting(self, view: StageView) -> StageSetting:
        """Replicate, upgrade, downgrade or wait."""
        current = view.running
        if self._accuracy is None:
            self._accuracy = view.stage.variant(current.variant).accuracy
        per_replica = replica_rps(current, view.stage)
        lacking = view.rate_rps - SLACK * current.replicas * per_replica
        if lacking > 0:
            self._votes = 0
            return self._up(view, ceil(lacking / per_replica))
        if view.rate_rps > (current.replicas - 1) * per_replica or (current.replicas == 1 and current.batch == 1):
            return view.setting
        self._votes += 1
        if self._votes <= VOTES:
            return view.setting
        self._votes = 0
        return self._down(view)

    def _up(self, view: StageView, more: int) -> StageSetting:
        load_s = view.stage.variant(view.running.variant).load_s
        beyond = view.running.replicas + more > view.limits.max_replicas
        replicating = load_s * more * (BEYOND_PENALTY if beyond else 1.0)
        upgrades = [(self._loading_s(view, each), each) for each in self._upgrades(view)]
        if upgrades:
            cost, upgrade = min(upgrades, key=lambda each: each[0])
            if replicating > UPGRADE_FACTOR * cost:
                return upgrade
        return view.setting.turned(replicas=min(view.running.replicas + more, view.limits.max_replicas))

    def _upgrades(self, view: StageView) -> Iterator[StageSetting]:
        """Faster variants, in the replicas that carry the load: another model, batch or number of cores."""
        assert self._accuracy is not None
        now = replica_rps(view.running, view.stage)
        for variant in view.stage.variants:
            for cores in variant.core_choices if variant.accuracy >= self._accuracy else ():
                for batch in view.stage.batches:
                    other = Deployment(variant.name, 1, batch, cores)
                    latency = latency_of(other, view.stage)
                    needed = ceil(view.rate_rps / (SLACK * latency.throughput_rps(batch)))
                    is_faster = latency.throughput_rps(batch) > now and latency.p99(batch) <= view.slo_share_s
                    if is_faster and needed <= view.limits.max_replicas:
                        yield StageSetting((replace(other, replicas=needed),))

    def _loading_s(self, view: StageView, upgrade: StageSetting) -> float:
        return view.stage.variant(upgrade.first.variant).load_s * upgrade.first.replicas

    def _down(self, view: StageView) -> StageSetting:
        """The previous batch if that carries the load, otherwise one replica less."""
        current, batches = view.running, view.stage.batches
        smaller = [batch for batch in batches if batch < current.batch]
        if smaller:
            throughput = replica_rps(replace(current, batch=smaller[-1]), view.stage)
            if view.rate_rps <= SLACK * current.replicas * throughput:
                return view.setting.turned(batch=smaller[-1])
        return view.setting.turned(replicas=max(1, current.replicas - 1))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return ByStage(lambda stage: InfaasRule())
