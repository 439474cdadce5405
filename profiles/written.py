"""A measured profile as the text of a profile file."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any

import yaml

from ipagym.model.latency import LatencyModel, latency_fields
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.profiles.schema import ObjectiveFile, ProfileFile
from ipagym.system.machine import package_version, processor
from ipagym.task.scenario import Scenario

PACKAGES = ("onnxruntime", "onnx", "scikit-learn", "numpy")


MEASURED = (
    "Service times are those of one replica at half load, as seen by the sender of a batch; load_s is the mean time "
    "from a start to readiness. Accuracy by combination is end to end, on labelled inputs; accuracies of variants are "
    "fitted to it such that their products over stages come nearest (least squares in logarithms)."
)
"""The method of `ipagym profile`."""

CALIBRATED = (
    "Service times are those of a run at half load; for variants and cores that were not run, they are the profile's "
    "times the ratio of their stage."
)
"""The method of `ipagym calibrate`."""


def profile_text(fields: Mapping[str, Any], how: str) -> str:
    """The text of the file; its head says where, when and how the profile was measured.

    Raises:
        ValidationError: the fields are not a valid profile.
    """
    ProfileFile.model_validate(dict(fields))
    head = "".join(f"# {line}\n" for line in wrap(f"Measured on {_provenance()}. {how}", 118))
    body = yaml.dump(dict(fields), Dumper=_Plain, sort_keys=False, default_flow_style=None, width=120)
    return head + body


def fields_of(scenario: Scenario, pipeline: Pipeline) -> dict[str, Any]:
    """The fields of a profile of `pipeline` with the physics and the objective of a scenario."""
    weights = {name: getattr(scenario.objective, name) for name in ObjectiveFile.model_fields}
    table = [
        {"variants": list(names), "accuracy": accuracy} for names, accuracy in pipeline.accuracy_by_combination.items()
    ]
    return {
        "name": pipeline.name,
        "description": f"{pipeline.name}, with the latencies of a run at half load.",
        "slo_s": pipeline.slo_s,
        "batch_timeout_s": scenario.physics.batch_timeout_s,
        "max_age_s": scenario.physics.drop.max_age_s,
        "objective": weights,
        "idle_watts_per_core": pipeline.idle_watts_per_core,
        "busy_watts_per_core": pipeline.busy_watts_per_core,
        "stages": [_stage(stage) for stage in pipeline.stages],
        "accuracy_by_combination": table,
    }


def _stage(stage: Stage) -> dict[str, Any]:
    after = None if stage.after is None else list(stage.after)
    variants = [_variant(variant) for variant in stage.variants]
    return {"name": stage.name, "after": after, "batches": list(stage.batches), "variants": variants}


def _variant(variant: Variant) -> dict[str, Any]:
    as_is = ("name", "accuracy", "base_cores", "load_s", "memory_mib", "memory_request_mib")
    return {
        **{name: getattr(variant, name) for name in as_is},
        **_latency(variant.latency),
        "on_cores": {cores: _latency(model) for cores, model in variant.on_cores.items()},
    }


def _latency(model: LatencyModel) -> dict[str, dict[int, float]]:
    return latency_fields(model.average_s, model.p99_s)


class _Plain(yaml.SafeDumper):
    """Writes repeated values in full: profile files have no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _provenance() -> str:
    known = (f"{name} {number}" for name in PACKAGES if (number := package_version(name)))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: {processor()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f} "
        f"at the end, Python {platform.python_version()}, {', '.join(known)}"
    )
