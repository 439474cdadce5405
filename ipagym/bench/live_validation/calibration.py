"""A pipeline with the latencies of a live run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.live.replay import service_times
from ipagym.cluster.sim.log import RequestLog
from ipagym.model.configuration import Configuration, cores_of
from ipagym.model.latency import NORMAL_P99, LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.system.errors import InputError

LEAST_BATCHES = 10
"""Batches of a size that a run must have for a ratio of its own; sizes with fewer have the ratio of the stage."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """The calibration of one stage by a run. `ratio` is the ratio of its service times to the profile's, over all
    batches; `by_batch` is the same for sizes that were served often. `sigma` is that of the lognormal factor around
    these means.
    """

    ratio: float
    by_batch: Mapping[int, float]
    sigma: float


def calibrate(pipeline: Pipeline, log: RequestLog, configuration: Configuration) -> list[Calibration]:
    """What a run under one configuration tells of each stage; its first deployments are taken to have served it."""
    served = service_times(log)
    return [
        _calibrated(
            _latency(stage, configuration, index), {b: rows[:, 1] for (s, b), rows in served.items() if s == index}
        )
        for index, stage in enumerate(pipeline.stages)
    ]


def calibrated(pipeline: Pipeline, found: Sequence[Calibration], configuration: Configuration) -> Pipeline:
    """The pipeline with the latencies of the run.

    Variants and cores that were not in the run are scaled by the ratio of their stage, which depends on the machine.
    """
    stages = []
    for stage, calibration, seen in zip(pipeline.stages, found, configuration.first_deployments, strict=True):
        variants = tuple(
            _scaled(variant, calibration, cores_of(seen, stage) if variant.name == seen.variant else None)
            for variant in stage.variants
        )
        stages.append(replace(stage, variants=variants))
    return replace(pipeline, stages=tuple(stages))


def written(found: Sequence[Calibration], scenario_hash: str) -> bytes:
    """What a run told, as JSON, with the scenario that it is of."""
    return (json.dumps({"scenario_hash": scenario_hash, "stages": [asdict(each) for each in found]}) + "\n").encode()


def read(path: Path, scenario_hash: str) -> list[Calibration]:
    """What a run told, from the file.

    Raises:
        InputError: it is of another scenario, or no such file.
    """
    try:
        content = json.loads(path.read_bytes())
        found = [
            Calibration(
                ratio=float(stage["ratio"]),
                by_batch={int(batch): float(ratio) for batch, ratio in stage["by_batch"].items()},
                sigma=float(stage["sigma"]),
            )
            for stage in content["stages"]
        ]
        known = content["scenario_hash"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is no calibration: choose another --out folder") from None
    if known != scenario_hash:
        raise InputError(f"{path} is of another scenario or duration: choose another --out folder")
    return found


def drift(pipeline: Pipeline, log: RequestLog, configuration: Configuration) -> float:
    """The relative excess of service times over the pipeline's latencies, averaged over stages; 0 if they agree."""
    return float(np.mean([each.ratio for each in calibrate(pipeline, log, configuration)])) - 1


def _latency(stage: Stage, configuration: Configuration, index: int) -> LatencyModel:
    deployment = configuration.first_deployments[index]
    return stage.variant(deployment.variant).latency_on(cores_of(deployment, stage))


def _calibrated(latency: LatencyModel, served: Mapping[int, NDArray[np.float64]]) -> Calibration:
    expected_s = sum(latency.average(batch) * len(times) for batch, times in served.items())
    ratio = sum(float(times.sum()) for times in served.values()) / expected_s
    by_batch = {
        batch: float(times.mean()) / latency.average(batch)
        for batch, times in sorted(served.items())
        if len(times) >= LEAST_BATCHES
    }
    logs = [np.log(times / times.mean()) for batch, times in served.items() if batch in by_batch]
    # The spread is of one shape for all sizes: single sizes are seen too rarely for their own.
    sigma = float(np.sqrt(np.concatenate(logs).var(ddof=len(logs)))) if logs else 0.0
    return Calibration(ratio=ratio, by_batch=by_batch, sigma=min(sigma, NORMAL_P99))


def _scaled(variant: Variant, calibration: Calibration, seen_cores: int | None) -> Variant:
    models = {
        cores: _model(variant.latency_on(cores), calibration, calibration.by_batch if cores == seen_cores else {})
        for cores in variant.core_choices
    }
    base = models.pop(variant.base_cores)
    return replace(variant, latency=base, on_cores=models)


def _model(latency: LatencyModel, calibration: Calibration, by_batch: Mapping[int, float]) -> LatencyModel:
    average_s = dict(_rising(latency, calibration.ratio, by_batch))
    # The 99th percentile of a lognormal factor of mean 1.
    to_p99 = float(np.exp(NORMAL_P99 * calibration.sigma - calibration.sigma**2 / 2))
    p99_s = {batch: seconds * max(to_p99, 1.0) for batch, seconds in average_s.items()}
    return LatencyModel(average_s=average_s, p99_s=p99_s)


def _rising(latency: LatencyModel, ratio: float, by_batch: Mapping[int, float]) -> Iterator[tuple[int, float]]:
    """Every batch size with its mean: a larger batch never takes less time."""
    longest_s = 0.0
    for batch in range(1, latency.max_batch + 1):
        longest_s = max(longest_s, latency.average(batch) * by_batch.get(batch, ratio))
        yield batch, longest_s
