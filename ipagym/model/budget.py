"""Reduction of configurations that request more cores than the limits allow."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration, Limits
from ipagym.model.deployments import Deployments, configuration_of, deployments_of, no_deployments
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError


def requested(records: Deployments) -> np.ndarray:
    """Requested cores, Σ replicas · cores, shape (n,); `records` have shape (n, S, L)."""
    return np.asarray(((records["variant"] >= 0) * records["replicas"] * records["cores"]).sum(axis=(1, 2)))


def within_budget(records: Deployments, pipeline: Pipeline, max_cores: int | None) -> Deployments:
    """The records, shape (n, S, L), with every configuration reduced to at most `max_cores`.

    While a configuration requests too many cores, its largest deployment is reduced by one replica. With one replica
    left, it gets the next smaller number of cores. At the smallest number it is removed, unless it is the only
    deployment of its stage.

    Raises:
        InputError: not even the smallest deployments fit.
    """
    if max_cores is None:
        return records
    from ipagym.model.budget_kernels import cut_down  # numba is loaded only if a budget binds

    rows = np.flatnonzero(requested(records) > max_cores)
    if not len(rows):
        return records
    cut = records.copy()
    over = cut[rows]
    deployments = np.stack([over[name] for name in ("variant", "replicas", "cores")], axis=-1)
    choices = tuple(tuple(each.core_choices for each in stage.variants) for stage in pipeline.stages)
    if not cut_down(deployments, _smaller(choices), max_cores):
        raise InputError(f"max_cores {max_cores} is too little for one replica of every stage: raise it")
    over["variant"], over["replicas"], over["cores"] = np.moveaxis(deployments, -1, 0)
    over[over["variant"] < 0] = no_deployments(1)[0]
    # Remaining deployments move up, as they do after a configuration is written and read again.
    left = np.argsort(over["variant"] < 0, axis=2, kind="stable")
    cut[rows] = np.take_along_axis(over, left, axis=2)
    return cut


@lru_cache(maxsize=64)
def _smaller(choices: tuple[tuple[tuple[int, ...], ...], ...]) -> NDArray[np.int64]:
    """The next smaller number of cores for each variant, 0 if there is none, shape (S, variants, cores)."""
    most = max(each[-1] for stage in choices for each in stage)
    smaller = np.zeros((len(choices), max(map(len, choices)), most + 1), dtype=np.int64)
    for s, stage in enumerate(choices):
        for v, each in enumerate(stage):
            smaller[s, v, list(each[1:])] = each[:-1]
    return smaller


def affordable(configuration: Configuration, pipeline: Pipeline, limits: Limits) -> Configuration:
    """The configuration, reduced as by `within_budget` if it requests more than `max_cores`.

    Raises:
        InputError: not even the smallest deployments fit.
    """
    if limits.max_cores is None:
        return configuration
    records = deployments_of(configuration, pipeline, limits.max_deployments)[np.newaxis]
    if requested(records)[0] <= limits.max_cores:
        return configuration
    return configuration_of(within_budget(records, pipeline, limits.max_cores)[0], pipeline)
