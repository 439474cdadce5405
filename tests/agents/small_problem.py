"""A problem small enough for every course to be tried."""

from dataclasses import replace

from ipagym.model.configuration import Limits
from ipagym.model.pipeline import Pipeline
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario
from tests.agents.flexible import Steps
from tests.pipelines import one_each, small_pipeline


def tiny(rates: tuple[float, ...], seed_objective: Objective | None = None) -> Scenario:
    """One stage, two variants, at most two replicas, batches of 1 and 4: eight configurations, four decisions."""
    whole = small_pipeline(1, 2)
    stage = replace(whole.stages[0], batches=(1, 4))
    pipeline: Pipeline = replace(whole, stages=(stage,))
    return Scenario(
        pipeline=pipeline,
        workload=Steps(rates=rates, each_s=10),
        initial=one_each(pipeline),
        limits=Limits(max_replicas=2),
        objective=seed_objective or Objective(alpha=10.0),
        interval_s=10.0,
    )


LOADS = [(5.0, 5.0, 30.0, 5.0, 5.0), (20.0, 1.0, 20.0, 1.0, 20.0), (8.0, 16.0, 24.0, 0.0, 12.0)]
