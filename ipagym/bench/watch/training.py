"""A training, from the files that it writes with every validation."""

import json
from pathlib import Path
from typing import Any

from ipagym.bench.watch.state import Line, Part, Watched
from ipagym.system.errors import InputError

SETTINGS, CURVE = "train.json", "curve.json"
HEADINGS = ("reward in validation", "best")


def is_training(folder: Path) -> bool:
    """True for the folder of a training."""
    return (folder / SETTINGS).is_file()


def watch_training(folder: Path) -> Watched:
    """The training in the folder; steps count up to the last validation.

    Raises:
        InputError: its files cannot be read.
    """
    settings = _json(folder / SETTINGS)
    curve = _json(folder / CURVE) if (folder / CURVE).is_file() else {"curve": [], "wall_s": 0.0}
    try:
        return _watched(folder, settings, curve)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{folder} holds no training of this version ({error}): train again into another --out"
        ) from error


def _watched(folder: Path, settings: Any, curve: Any) -> Watched:
    rows, total = curve["curve"], int(settings["recipe"]["steps"])
    done = min(int(rows[-1]["steps"]), total) if rows else 0
    figures = (f"{rows[-1]['reward']:.3f}", f"{rows[-1]['best']:.3f}") if rows else ("", "")
    line = Line(name=settings["algorithm"], done=done, total=total, figures=figures,
                course=[float(row["reward"]) for row in rows])  # fmt: skip
    part = Part(title=str(settings["scenario"]), done=done, total=total, is_finished=done >= total, headings=HEADINGS,
                lines=(line,))  # fmt: skip
    left_s = curve["wall_s"] / done * (total - done) if done else None
    return Watched(title=str(folder), unit="steps", parts=(part,), left_s=left_s)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}): give a folder that `ipagym train` writes") from error
