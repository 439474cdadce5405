"""The models as ONNX graphs, written node by node: four detectors and four readers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.live.digits.scenes import NOISE, PATCH, SCENE, Digits

Weights = NDArray[np.float32]

OPSET, IR_VERSION = 17, 9

TEMPLATES = 64
"""Templates of a detector."""

DETECTORS: Mapping[str, int] = {"det-s8": 8, "det-s4": 4, "det-s2": 2, "det-s1": 1}
"""Detectors by name, with the stride in pixels at which they look."""

READERS: Mapping[str, int | None] = {"read-10": None, "read-1k": 0, "read-10k": 1, "read-27k": 2}
"""Readers by name, with the pixels by which the stored digits are shifted in every direction; None stores one mean of
each digit only.
"""


def write_detector(stride: int, templates: Weights, path: Path) -> None:
    """Templates, shape (m, pixels), compared with the scene at every `stride`-th place.

    The output is the log-likelihood of the best template at each place, up to a constant, shape (n, places).
    """
    from onnx import helper

    nodes = [
        helper.make_node("Conv", ["x", "templates", "bias"], ["all"], strides=[stride, stride]),
        helper.make_node("ReduceMax", ["all"], ["best"], axes=[1], keepdims=0),
        helper.make_node("Flatten", ["best"], ["y"]),
    ]
    weights = {"templates": templates.reshape(-1, 1, PATCH, PATCH), "bias": -(templates**2).sum(1) / 2}
    _write(path, nodes, weights, (1, SCENE, SCENE), places_on_a_side(stride) ** 2)


def write_reader(shift: int | None, digits: Digits, path: Path) -> None:
    """A Gaussian kernel classifier over stored digits: Bayes' rule where the noise is as it is here.

    The output is proportional to the probability of each digit, shape (n, 10).
    """
    from onnx import helper

    stored, labels = _stored(shift, digits)
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["score"]),
        helper.make_node("ReduceMax", ["score"], ["most"], axes=[1]),
        helper.make_node("Sub", ["score", "most"], ["below"]),
        helper.make_node("Exp", ["below"], ["likelihood"]),
        helper.make_node("MatMul", ["likelihood", "labels"], ["y"]),
    ]
    variance = NOISE**2
    weights = {
        "weights": np.ascontiguousarray(stored.T / variance),
        "bias": -(stored**2).sum(1) / 2 / variance,
        "labels": np.eye(10, dtype=np.float32)[labels],
    }
    _write(path, nodes, weights, (1, PATCH, PATCH), 10)


def places_on_a_side(stride: int) -> int:
    """Places in a row, and rows, at which a detector looks."""
    return (SCENE - PATCH) // stride + 1


def _stored(shift: int | None, digits: Digits) -> tuple[Weights, NDArray[np.int64]]:
    """What a reader compares with, shape (m, pixels), and the digit that each is."""
    if shift is None:
        means = [digits.images[digits.labels == digit].mean(axis=0).ravel() for digit in range(10)]
        return np.array(means, dtype=np.float32), np.arange(10)
    side = 2 * shift + 1
    padded = np.pad(digits.images, ((0, 0), (shift, shift), (shift, shift)))
    moved = [padded[:, row : row + PATCH, column : column + PATCH] for row in range(side) for column in range(side)]
    return np.concatenate(moved).reshape(-1, PATCH**2), np.tile(digits.labels, side**2)


def templates_of(digits: Digits) -> Weights:
    """Cluster centres of the digits, shape (TEMPLATES, pixels)."""
    from sklearn.cluster import MiniBatchKMeans

    pixels = digits.images.reshape(len(digits.images), -1)
    fitted = MiniBatchKMeans(TEMPLATES, random_state=0, n_init=1, batch_size=1024).fit(pixels)
    return np.asarray(fitted.cluster_centers_, dtype=np.float32)


def _write(path: Path, nodes: Sequence[Any], weights: Mapping[str, Any], shape: Sequence[int], outputs: int) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", outputs])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
