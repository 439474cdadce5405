"""The gallery of docs/gallery.md: docs/gallery.yaml describes its runs, figures and the page."""

import shlex
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from textwrap import fill
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ipagym.bench.drawing.files import write_figure
from ipagym.bench.drawing.style import WIDTHS
from ipagym.bench.figures.asked import Asked
from ipagym.bench.figures.catalogue import draw
from ipagym.profiles.yaml_file import first_problem, read_yaml
from ipagym.system.errors import InputError

DPI = 160
"""Resolution of the pictures of the page, for small files; the commands draw at 300."""

LINE = 120
"""Characters of a line of the page."""

SHOWN_FOLDER = "runs"
"""The name of the folder of runs on the page."""

Text = Annotated[str, Field(min_length=1)]


class Picture(BaseModel):
    """A picture: the arguments of `ipagym figure` that draw it, and the text below it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    title: Text
    figure: Text
    alt: Text
    load: Text
    paper: Text
    ours: Text

    def command(self, folder: str, image: str) -> list[str]:
        """The command for that folder of runs."""
        return ["figure", *(part.replace("{", f"{folder}/").replace("}", "") for part in self.figure.split()),
                "--out", image]  # fmt: skip


class Part(BaseModel):
    """The pictures of one paper."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    text: Text
    pictures: list[Picture]


class Gallery(BaseModel):
    """The whole gallery: the commands of runs by the folder that each writes, and the parts of the page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    heading: Text
    runs: dict[Text, Text]
    parts: list[Part]

    @property
    def pictures(self) -> list[Picture]:
        """The pictures of all parts."""
        return [picture for part in self.parts for picture in part.pictures]

    def behind(self, picture: Picture) -> list[str]:
        """The names of the runs from which a picture is drawn."""
        wanted = [part.strip("{}") for part in picture.figure.split() if part.startswith("{")]
        return [name for name in self.runs if any(name == each or name.startswith(f"{each}/") for each in wanted)]


def read_gallery(path: Path) -> Gallery:
    """The gallery that a file describes.

    Raises:
        InputError: the file is missing, or does not describe a gallery.
    """
    try:
        return Gallery.model_validate(read_yaml(path, "gallery"))
    except ValidationError as error:
        raise InputError(f"{path.name}: {first_problem(error, Gallery)}") from None


def run_command(gallery: Gallery, name: str, folder: str) -> list[str]:
    """The command of a run, whose results go into that folder of runs."""
    return [*shlex.split(gallery.runs[name]), "--out", f"{folder}/{name}"]


def make_gallery(gallery: Gallery, folder: Path, docs: Path, run: Callable[[Sequence[str]], int]) -> None:
    """Do the runs that the folder lacks, draw all pictures into `docs`, and write the page; `run` runs a command.

    Raises:
        InputError: a command failed, or a picture cannot be drawn from its results.
    """
    for name in gallery.runs:
        done = folder / name / ".done"
        command = run_command(gallery, name, str(folder))
        if done.is_file() and done.read_text() == shlex.join(command):
            continue
        if run(command):
            raise InputError(f"the gallery is not complete: ipagym {shlex.join(command)} failed")
        done.write_text(shlex.join(command))
    images = docs / "images" / "gallery"
    images.mkdir(parents=True, exist_ok=True)
    for picture in gallery.pictures:
        write_figure(draw(*_asked(picture, folder)), [images / f"{picture.name}.png"], DPI)
    (docs / "gallery.md").write_text(page(gallery), encoding="utf-8")


def page(gallery: Gallery) -> str:
    """The page, in Markdown."""
    parts = [gallery.heading.strip(), *(_part(gallery, part) for part in gallery.parts)]
    return "\n\n".join(parts) + "\n"


def _asked(picture: Picture, folder: Path) -> tuple[str, Asked]:
    """The name of the figure and its request, parsed as on the command line."""
    _, name, *rest = picture.command(str(folder), "")[:-2]
    options = dict(pairwise(rest))
    agents = options.get("--agents", "")
    runs = rest[: next((at for at, part in enumerate(rest) if part.startswith("--")), len(rest))]
    width = WIDTHS[options.get("--column", "single")]
    return name, Asked(runs=runs, width=width, agents=tuple(agents.split(",")) if agents else ())


def _part(gallery: Gallery, part: Part) -> str:
    pictures = [_picture(gallery, picture) for picture in part.pictures]
    return "\n\n".join([f"## {part.title}", _wrapped(part.text), *pictures])


def _picture(gallery: Gallery, picture: Picture) -> str:
    commands = [run_command(gallery, name, SHOWN_FOLDER) for name in gallery.behind(picture)]
    commands.append(picture.command(SHOWN_FOLDER, picture.name))
    return "\n\n".join([
        f"### {picture.title}",
        f"![{picture.alt}](images/gallery/{picture.name}.png)",
        _wrapped(f"*{picture.load.strip()}*"),
        "\n".join(f"    ipagym {shlex.join(command)}" for command in commands),
        _wrapped(f"**Published:** {picture.paper.strip()} **Here:** {picture.ours.strip()}"),
    ])  # fmt: skip


def _wrapped(text: str) -> str:
    return fill(text.strip(), LINE, break_long_words=False, break_on_hyphens=False)
