"""Figures as files: PDF, SVG and PNG, the same bytes whenever the data are the same."""

from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from ipagym.system.errors import InputError
from ipagym.system.files import content_of, make_folder, write_atomically

DPI = 300

FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None},
}  # fmt: skip
"""Endings of pictures, with the metadata that would differ from run to run."""

SAVING: Any = {"svg.hashsalt": "ipagym", "pdf.fonttype": 42, "ps.fonttype": 42}
"""Fonts are embedded as TrueType, as venues ask for; names in SVG do not depend on the run."""

USUAL = (".pdf", ".png")
"""What a figure is written as where no ending is asked for."""


def check_ending(ending: str) -> None:
    """Refuse pictures of other kinds.

    Raises:
        InputError: the ending is none of `FORMATS`.
    """
    if ending.lower() not in FORMATS:
        raise InputError(f"--out must end in {', '.join(FORMATS)}, not in {ending!r}")


def picture_bytes(figure: Figure, ending: str, dpi: int = DPI) -> bytes:
    """The figure as a file of that ending; `dpi` is for PNG."""
    kind = ending.lower()
    with rc_context(SAVING):
        return content_of(
            lambda file: figure.savefig(file, format=kind.removeprefix("."), dpi=dpi, metadata=FORMATS[kind])
        )


def paths_of(out: Path) -> list[Path]:
    """The files of a figure: the one that is named, or PDF and PNG where the name has no ending.

    Raises:
        InputError: the ending is that of no picture, or the folder cannot be made.
    """
    if out.suffix:
        check_ending(out.suffix)
    make_folder(out.parent)
    return [out] if out.suffix else [out.with_name(out.name + ending) for ending in USUAL]


def write_figure(figure: Figure, paths: list[Path], dpi: int = DPI) -> None:
    """Write the figure into each of the files, atomically."""
    for path in paths:
        write_atomically(path, picture_bytes(figure, path.suffix, dpi))
