"""A reader of digits: from a place in a scene to the digit there."""

from collections.abc import Callable, Sequence

import numpy as np

from ipagym.cluster.live.children.detector import PATCH, PLACE, SCENE, WARM_UP
from ipagym.cluster.live.children.onnx_session import OnnxModel

Serve = Callable[[Sequence[bytes], int], Sequence[bytes]]


def load(model: str, scenes: str, *, is_threaded: bool = False) -> Serve:
    """The reader."""
    run, images = OnnxModel(model, is_threaded=is_threaded), np.load(scenes, mmap_mode="r")

    def serve(items: Sequence[bytes], cores: int) -> Sequence[bytes]:
        places = [PLACE.unpack(item) for item in items]
        patches = [images[scene, :, row : row + PATCH, column : column + PATCH] for scene, row, column in places]
        digits = run(np.stack(patches).astype(np.float32), cores).argmax(axis=1)
        return [SCENE.pack(digit) for digit in digits.tolist()]

    serve([PLACE.pack(0, 0, 0)] * WARM_UP, 1)
    return serve
