"""Configurations as numpy records, for work on many clusters at once."""

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration, Deployment, StageSetting
from ipagym.model.knobs import KNOBS
from ipagym.model.pipeline import Pipeline, Stage

DEPLOYMENT = np.dtype([*((knob.name, "i8") for knob in KNOBS), ("weight", "f8")], align=True)
"""One deployment: the numbers of its knobs, beginning with the index of its variant in the stage (−1 for no
deployment), and its weight. Cores are always explicit, base cores too.
"""

Deployments = NDArray[np.void]
"""Records DEPLOYMENT: (S, L) for a configuration of S stages with at most L deployments each, (n, S, L) for several."""


def no_deployments(*shape: int) -> Deployments:
    """Records of that shape, each of which means no deployment."""
    records = np.zeros(shape, dtype=DEPLOYMENT)
    records["variant"] = -1
    return records


def deployments_of(configuration: Configuration, pipeline: Pipeline, width: int) -> Deployments:
    """The configuration as records, shape (S, width)."""
    records = no_deployments(len(pipeline.stages), width)
    for s, (setting, stage) in enumerate(zip(configuration.stages, pipeline.stages, strict=True)):
        for i, each in enumerate(setting.deployments):
            records[s, i] = (*(knob.read(each, stage) for knob in KNOBS), each.weight)
    return records


def configuration_of(records: Deployments, pipeline: Pipeline) -> Configuration:
    """The configuration of records of shape (S, L). Base cores become None."""
    return Configuration(tuple(_setting(row, stage) for row, stage in zip(records, pipeline.stages, strict=True)))


def _setting(row: Deployments, stage: Stage) -> StageSetting:
    return StageSetting(tuple(_deployment(record, stage) for record in row if record["variant"] >= 0))


def _deployment(record: Deployments, stage: Stage) -> Deployment:
    *numbers, weight = record.item()
    variant = stage.variants[numbers[0]]
    knobs = {knob.name: knob.written(number, variant) for knob, number in zip(KNOBS, numbers, strict=True)}
    return Deployment(**knobs, weight=weight)
