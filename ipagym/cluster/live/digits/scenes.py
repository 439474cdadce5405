"""Scenes: a handwritten digit somewhere in noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCENE = 96
"""Pixels on a side of a scene."""

PATCH = 16
"""Pixels on a side of a digit."""

NOISE = 0.9
"""Standard deviation of a pixel; a digit's are from 0 to 1."""

SCENES = 2000
"""Labelled scenes that accuracy is measured on."""

SPLIT_SEED, SCENE_SEED = 0, 99

Images = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """Digits as images of shape (n, PATCH, PATCH) with pixels in 0..1, and what they show, shape (n,)."""

    images: Images
    labels: Ints


def known_and_new() -> tuple[Digits, Digits]:
    """The digits that models are fitted on, and two fifths that they are not, of which scenes are made."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pixels, labels = load_digits(return_X_y=True)
    small = (pixels / 16).astype(np.float32).reshape(-1, 8, 8)
    images = np.kron(small, np.ones((2, 2), dtype=np.float32))
    split = train_test_split(images, labels, test_size=0.4, random_state=SPLIT_SEED, stratify=labels)
    return Digits(split[0], split[2]), Digits(split[1], split[3])


def scenes_of(digits: Digits, number: int) -> tuple[NDArray[np.float16], Ints]:
    """So many scenes, shape (number, 1, SCENE, SCENE), and the digit in each, shape (number,)."""
    rng = np.random.default_rng(SCENE_SEED)
    which = rng.integers(0, len(digits.images), number)
    places = rng.integers(0, SCENE - PATCH + 1, (number, 2))
    scenes = rng.normal(0, NOISE, (number, 1, SCENE, SCENE)).astype(np.float32)
    for scene, digit, (row, column) in zip(scenes, which, places, strict=True):
        scene[0, row : row + PATCH, column : column + PATCH] += digits.images[digit]
    return scenes.astype(np.float16), digits.labels[which]
