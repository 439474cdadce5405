"""ONNX models of the user's own, with labelled inputs, as what is measured."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.live.children.onnx_model import load, packed, unpacked
from ipagym.cluster.live.profiling.subject import BATCHES, CORES, Subject
from ipagym.cluster.live.program import Model, Program
from ipagym.system.errors import InputError, in_one_line

Stages = Mapping[str, Sequence[Path]]


def own_subject(name: str, stages: Stages, labels: Path, slo_s: float) -> Subject:
    """A chain of stages with a file for each variant, which is named by it.

    `labels` is an .npz file of `x`, shape (n, …), the inputs of the first stage, and `y`, shape (n,), the classes. The
    answer of a stage is the input of the next. That of the last is right if its largest entry, or the rounded number
    where it is one, is the class.

    Raises:
        InputError: a file cannot be read, or the models do not take what they would get.
    """
    inputs, classes = _labelled(labels)
    paths = {(stage, path.stem): path for stage, files in stages.items() for path in files}
    if len(paths) < sum(map(len, stages.values())):
        raise InputError("two models of a stage have the same file name, by which variants are named: rename one")
    take_many = [_takes_many(path) for path in paths.values()]
    _check_chain(stages, packed(inputs[0]))

    def model(stage: str, variant: str) -> Model:
        return {"module": "onnx_model", "settings": {"model": str(paths[stage, variant].resolve())}}

    def score(number: int, answer: bytes) -> float:
        found = unpacked(answer).ravel()
        return float((found.argmax() if found.size > 1 else round(float(found[0]))) == classes[number % len(classes)])

    return Subject(
        program=Program(model=model, input=lambda number: packed(inputs[number % len(inputs)]), score=score),
        stages={stage: [path.stem for path in files] for stage, files in stages.items()},
        settings=_settings(name, slo_s),
        labelled=len(inputs),
        batches=BATCHES if all(take_many) else BATCHES[:1],
        cores=[cores for cores in CORES if cores <= (os.cpu_count() or 1)],
    )


def _check_chain(stages: Stages, item: bytes) -> None:
    """Refuse a model that does not take the input of its stage."""
    for files in stages.values():
        for path in files:
            try:
                answer = load(str(path))([item], 1)[0]
            except Exception as error:  # those of onnxruntime have no common base
                raise InputError(f"{path} does not take the input of its stage ({in_one_line(error)})") from None
        item = answer


def _settings(name: str, slo_s: float) -> dict[str, Any]:
    """What is not measured, as in the package's profiles: to be edited in the file."""
    return {
        "name": name,
        "description": f"{name}: models of the user's own, measured on one machine.",
        "slo_s": slo_s,
        "batch_timeout_s": slo_s / 10,
        "objective": {"alpha": 20.0, "beta": 1.0, "delta": 1e-6},
        "idle_watts_per_core": 5.2,
        "busy_watts_per_core": 10.4,
    }


def _labelled(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            inputs, classes = arrays["x"], arrays["y"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, AttributeError, TypeError) as error:
        raise InputError(
            f"{path} is no .npz file with inputs x and classes y ({error}): write it by numpy.savez"
        ) from None
    if inputs.ndim < 1 or classes.ndim != 1 or not 0 < len(inputs) == len(classes):
        shapes = f"x has shape {inputs.shape}, y has {classes.shape}"
        raise InputError(f"{path}: {shapes}: as many classes are needed as inputs, one at least")
    return inputs, classes


def _takes_many(path: Path) -> bool:
    """True if a model takes batches of any size, false if batches of 1 alone."""
    try:
        import onnxruntime
    except ImportError:
        raise InputError("models are run by onnxruntime: pip install 'ipagym[live]'") from None
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    try:
        inputs = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).get_inputs()
    except Exception as error:  # its own exceptions have no common base
        raise InputError(f"{path} is no model that onnxruntime reads ({str(error).splitlines()[0]})") from None
    if len(inputs) != 1:
        raise InputError(f"{path} has {len(inputs)} inputs: models of one input can be measured")
    first = inputs[0].shape[0] if inputs[0].shape else None
    if isinstance(first, int) and first != 1:
        raise InputError(f"{path} takes batches of {first} alone: export it with a free first dimension")
    return not isinstance(first, int)
