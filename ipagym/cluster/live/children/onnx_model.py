"""A model of the user's own in onnxruntime: a request carries an array as the bytes of an .npy file."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.live.children.onnx_session import OnnxModel

Serve = Callable[[Sequence[bytes], int], Sequence[bytes]]


def load(model: str) -> Serve:
    """The model, on as many threads as its replica has cores; the first batch on a number of cores is slower."""
    run = OnnxModel(model, is_threaded=True)

    def serve(items: Sequence[bytes], cores: int) -> Sequence[bytes]:
        return [packed(answer) for answer in run(np.stack([unpacked(item) for item in items]), cores)]

    return serve


def packed(array: NDArray[Any]) -> bytes:
    """The array as the bytes of an .npy file."""
    stream = BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def unpacked(item: bytes) -> NDArray[Any]:
    """The array of these bytes."""
    array: NDArray[Any] = np.load(BytesIO(item), allow_pickle=False)
    return array
