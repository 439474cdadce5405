"""Configurations that ask for more cores than the limits allow, cut down to what they allow."""

import numpy as np

from ipagym.model.configuration import Configuration, Limits
from ipagym.model.deployments import Deployments, configuration_of, deployments_of
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError


def requested(records: Deployments) -> np.ndarray:
    """Cores asked for, Σ replicas · cores, shape (n,); `records` are of shape (n, S, L)."""
    return np.asarray(((records["variant"] >= 0) * records["replicas"] * records["cores"]).sum(axis=(1, 2)))


def within_budget(records: Deployments, pipeline: Pipeline, max_cores: int | None) -> Deployments:
    """The records, shape (n, S, L), with those cut down that ask for more than `max_cores`.

    As long as a configuration asks for too many, its largest deployment gives up a replica; with one replica left, it
    gets the next smaller number of cores; at its smallest it goes, unless it is the only one of its stage.

    Raises:
        InputError: not even the smallest deployments fit.
    """
    if max_cores is None:
        return records
    cut = records.copy()
    for row in np.flatnonzero(requested(records) > max_cores):
        while requested(cut[row : row + 1])[0] > max_cores:
            if not any(_give_up(cut[row], at, pipeline) for at in _by_size(cut[row])):
                raise InputError(f"max_cores {max_cores} is too little for one replica of every stage: raise it")
        # What is left moves up, as where the configuration is written out and read again.
        left = np.argsort(cut[row]["variant"] < 0, axis=1, kind="stable")
        cut[row] = np.take_along_axis(cut[row], left, axis=1)
    return cut


def affordable(configuration: Configuration, pipeline: Pipeline, limits: Limits) -> Configuration:
    """The configuration, cut down as `within_budget` does where it asks for more than `max_cores`.

    Raises:
        InputError: not even the smallest deployments fit.
    """
    if limits.max_cores is None:
        return configuration
    records = deployments_of(configuration, pipeline, limits.max_deployments)[np.newaxis]
    if requested(records)[0] <= limits.max_cores:
        return configuration
    return configuration_of(within_budget(records, pipeline, limits.max_cores)[0], pipeline)


def _by_size(records: Deployments) -> list[tuple[int, int]]:
    size = np.where(records["variant"] >= 0, records["replicas"] * records["cores"], -1)
    order = np.argsort(-size, axis=None, kind="stable")
    return [(int(s), int(i)) for s, i in zip(*np.unravel_index(order, size.shape), strict=True) if size[s, i] > 0]


def _give_up(records: Deployments, at: tuple[int, int], pipeline: Pipeline) -> bool:
    """Make one deployment a step smaller; false where it is as small as it can be."""
    record, (stage, _) = records[at], at
    choices = pipeline.stages[stage].variants[record["variant"]].core_choices
    if record["replicas"] > 1:
        records["replicas"][at] -= 1
    elif record["cores"] > choices[0]:
        records["cores"][at] = max(c for c in choices if c < record["cores"])
    elif (records["variant"][stage] >= 0).sum() > 1:
        records["variant"][at] = -1
    else:
        return False
    return True
