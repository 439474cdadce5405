"""The models and scenes on disk, built when they are first asked for."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np

from ipagym.cluster.live.digits.models import DETECTORS, READERS, templates_of, write_detector, write_reader
from ipagym.cluster.live.digits.scenes import SCENES, known_and_new, scenes_of
from ipagym.system.cache import cache_folder
from ipagym.system.errors import InputError
from ipagym.system.file_lock import try_lock

SCENES_FILE, LABELS_FILE = "scenes.npy", "labels.npy"


def models_folder() -> Path:
    """The folder with a file for each model, the scenes and their labels; some seconds the first time.

    Raises:
        InputError: what builds and runs the models is not installed.
    """
    _check_installed()
    folder = cache_folder("models") / f"digits-{_mark()}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("wb") as lock:
        try_lock(lock, waits=True)
        if not folder.is_dir():
            _in_place(folder, _build)
    return folder


def _build(folder: Path) -> None:
    known, new = known_and_new()
    scenes, labels = scenes_of(new, SCENES)
    np.save(folder / SCENES_FILE, scenes)
    np.save(folder / LABELS_FILE, labels)
    templates = templates_of(known)
    for name, stride in DETECTORS.items():
        write_detector(stride, templates, folder / f"{name}.onnx")
    for name, shift in READERS.items():
        write_reader(shift, known, folder / f"{name}.onnx")


def _in_place(folder: Path, build: Callable[[Path], None]) -> None:
    """Build in a folder beside it, which takes its place when all is there."""
    beside = Path(mkdtemp(dir=folder.parent, prefix=f"{folder.name}."))
    try:
        build(beside)
        beside.rename(folder)
    except BaseException:
        rmtree(beside, ignore_errors=True)
        raise


def _mark() -> str:
    """A hash of the code that makes the models."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def _check_installed() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as error:
        raise InputError(f"the models of digits need {error.name}: pip install 'ipagym[live]'") from None
