"""Accuracy of the digits pipeline, end to end, on labelled scenes."""

from collections.abc import Sequence

import numpy as np

from ipagym.cluster.live.children.replica import Serve, loaded
from ipagym.cluster.live.digits.build import LABELS_FILE, models_folder
from ipagym.cluster.live.digits.program import SCENE, STAGES
from ipagym.cluster.live.program import Program

BATCH = 16


def accuracy_by_combination(program: Program) -> dict[tuple[str, ...], float]:
    """The share of all scenes that each pair of a detector and a reader reads right."""
    labels = np.load(models_folder() / LABELS_FILE)
    scenes = [program.input(number) for number in range(len(labels))]
    found = {name: _answers(_model(program, "find", name), scenes) for name in STAGES["find"]}
    readers = {name: _model(program, "read", name) for name in STAGES["read"]}
    return {
        (detector, reader): _share_right(_answers(serve, places), labels)
        for detector, places in found.items()
        for reader, serve in readers.items()
    }


def _model(program: Program, stage: str, variant: str) -> Serve:
    return loaded({**program.model(stage, variant), "core_share": None})


def _answers(serve: Serve, items: Sequence[bytes]) -> list[bytes]:
    return [answer for at in range(0, len(items), BATCH) for answer in serve(items[at : at + BATCH], 1)]


def _share_right(answers: Sequence[bytes], labels: np.ndarray) -> float:
    return float(np.mean([SCENE.unpack(answer)[0] for answer in answers] == labels))
