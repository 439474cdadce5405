"""What `ipagym profile digits` measures, and what is chosen for that pipeline."""

from typing import Any

from ipagym.cluster.live.digits.program import STAGES, digits
from ipagym.cluster.live.digits.scenes import SCENES
from ipagym.cluster.live.profiling.subject import Subject

SETTINGS: dict[str, Any] = {
    "name": "digits",
    "description": "Find a handwritten digit in a noisy scene, then read it: real models, measured on one machine.",
    "slo_s": 0.6,
    "tight_slo_s": 0.3,
    "batch_timeout_s": 0.05,
    "max_age_s": 3.0,
    "objective": {"alpha": 20.0, "beta": 1.0, "delta": 1e-6},
    "idle_watts_per_core": 5.2,
    "busy_watts_per_core": 10.4,
}
"""What is chosen and not measured."""


def digits_subject() -> Subject:
    """The pipeline with its models; they are built first where they are not there."""
    return Subject(program=digits(), stages=STAGES, settings=SETTINGS, labelled=SCENES)
