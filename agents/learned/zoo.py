"""The policies of the package, each with a card of its results."""

from pathlib import Path

from ipagym.system.errors import unknown_name

FOLDER = Path(__file__).parents[1] / "zoo"


def zoo_names() -> list[str]:
    """The policies of the package."""
    return sorted(path.stem for path in FOLDER.glob("*.npz"))


def zoo_path(name: str) -> Path:
    """The file of a policy of the package.

    Raises:
        InputError: the name is unknown.
    """
    if name not in zoo_names():
        raise unknown_name("policy of the zoo", name, zoo_names())
    return FOLDER / f"{name}.npz"
