"""A detector of digits: from the number of a scene to the place of the digit in it."""

from collections.abc import Callable, Sequence
from struct import Struct

import numpy as np

from ipagym.cluster.live.children.onnx_session import OnnxModel

SCENE = Struct("=i")
PLACE = Struct("=iii")
"""Scene, row and column of the upper left corner."""

PATCH = 16
"""Pixels on a side of a digit."""

WARM_UP = 4
"""Scenes of the batch that is run before the first real one."""

Serve = Callable[[Sequence[bytes], int], Sequence[bytes]]


def load(model: str, scenes: str, stride: int, *, is_threaded: bool = False) -> Serve:
    """The detector that looks at every `stride`-th place."""
    run, images = OnnxModel(model, is_threaded=is_threaded), np.load(scenes, mmap_mode="r")
    places = (images.shape[-1] - PATCH) // stride + 1

    def serve(items: Sequence[bytes], cores: int) -> Sequence[bytes]:
        numbers = [SCENE.unpack(item)[0] for item in items]
        best = run(images[numbers].astype(np.float32), cores).argmax(axis=1)
        rows, columns = np.divmod(best, places)
        return [
            PLACE.pack(number, row * stride, column * stride)
            for number, row, column in zip(numbers, rows.tolist(), columns.tolist(), strict=True)
        ]

    serve([SCENE.pack(number) for number in range(WARM_UP)], 1)
    return serve
