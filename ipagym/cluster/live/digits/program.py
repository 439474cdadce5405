"""What the replicas of the pipeline `digits` run."""

from collections.abc import Mapping
from struct import Struct
from typing import Any, Literal

import numpy as np

from ipagym.cluster.live.digits.build import LABELS_FILE, SCENES_FILE, models_folder
from ipagym.cluster.live.digits.models import DETECTORS, READERS
from ipagym.cluster.live.program import Program

SCENE = Struct("=i")
"""A request: the number of a scene, which the replicas have; a message need not carry its pixels."""

CORE_SHARE = 0.05
"""The share of a real core that one core of the pipeline is, so that a fleet fits on a small machine."""

STAGES: Mapping[str, tuple[str, ...]] = {"find": tuple(DETECTORS), "read": tuple(READERS)}
"""The variants of each stage."""

CoresBy = Literal["pacing", "threads"]
"""How a replica gets its cores: it sleeps after each batch, or it has so many threads, on real cores."""


def digits(cores_by: CoresBy = "pacing") -> Program:
    """The program; its models are built first where they are not there."""
    folder = models_folder()
    labels = np.load(folder / LABELS_FILE)

    def model(stage: str, variant: str) -> Mapping[str, Any]:
        settings: dict[str, Any] = {
            "model": str(folder / f"{variant}.onnx"),
            "scenes": str(folder / SCENES_FILE),
            "is_threaded": cores_by == "threads",
        }
        if variant in DETECTORS:
            settings |= {"stride": DETECTORS[variant]}
        told: dict[str, Any] = {"module": "detector" if variant in DETECTORS else "reader", "settings": settings}
        return told | ({"core_share": CORE_SHARE} if cores_by == "pacing" else {})

    def score(number: int, answer: bytes) -> float:
        return float(SCENE.unpack(answer)[0] == labels[number % len(labels)])

    return Program(model=model, input=lambda number: SCENE.pack(number % len(labels)), score=score)
