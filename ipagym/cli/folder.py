"""The folder that results go to."""

from pathlib import Path

from ipagym.errors import InputError


def make_folder(out: Path) -> None:
    """Make the folder ahead of minutes of work whose results could not be written.

    Raises:
        InputError: it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out} cannot be made a folder: {error.strerror}") from error
