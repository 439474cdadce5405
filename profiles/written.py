"""A measured profile as the text of a profile file."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any

import yaml

from ipagym.model.latency import latency_fields
from ipagym.model.pipeline import Pipeline
from ipagym.profiles import FOLDER, names
from ipagym.profiles.schema import ProfileFile
from ipagym.system.errors import unknown_name
from ipagym.system.machine import package_version, processor

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


def with_latencies(pipeline: Pipeline) -> dict[str, Any]:
    """The fields of the package's profile of a pipeline, with the latencies of `pipeline`.

    Raises:
        InputError: the package has no profile of that name.
    """
    if pipeline.name not in names():
        raise unknown_name("profile", pipeline.name, names())
    fields: dict[str, Any] = yaml.safe_load((FOLDER / f"{pipeline.name}.yaml").read_text(encoding="utf-8"))
    for stage_fields, stage in zip(fields["stages"], pipeline.stages, strict=True):
        for variant_fields in stage_fields["variants"]:
            variant = stage.variant(variant_fields["name"])
            variant_fields.pop("law", None)
            variant_fields.update(latency_fields(variant.latency.average_s, variant.latency.p99_s))
            if variant.on_cores:
                variant_fields["on_cores"] = {
                    cores: latency_fields(model.average_s, model.p99_s) for cores, model in variant.on_cores.items()
                }
    return fields


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
