"""What the replicas of a pipeline run, and what requests carry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ipagym.model.pipeline import Pipeline, Variant

Model = Mapping[str, Any]
"""A model as a replica is told of it (`children.replica.loaded`): plain values only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """The models of a pipeline, by the names of stage and variant; the input of the request of a number; and how right
    the answer to it is, from 0 to 1, or None where nobody can tell: then the profile's accuracy stands for it.
    """

    model: Callable[[str, str], Model]
    input: Callable[[int], bytes]
    score: Callable[[int, bytes], float] | None = None


def rehearsal(pipeline: Pipeline) -> Program:
    """Replicas that sleep as long as the profile says: for any pipeline, and without any model."""
    variants = {(stage.name, variant.name): variant for stage in pipeline.stages for variant in stage.variants}
    numbers = {name: number for number, name in enumerate(variants)}

    def model(stage: str, variant: str) -> Model:
        return {"module": "sleeper", "settings": _settings(variants[stage, variant], numbers[stage, variant])}

    return Program(model=model, input=lambda number: b"")


def _settings(variant: Variant, seed: int) -> dict[str, Any]:
    service_s = {}
    for cores in variant.core_choices:
        latency = variant.latency_on(cores)
        batches = range(1, latency.max_batch + 1)
        service_s[cores] = [(latency.average(batch), latency.noise_sigma(batch)) for batch in batches]
    return {"load_s": variant.load_s, "service_s": service_s, "seed": seed}
