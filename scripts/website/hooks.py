"""What MkDocs does while it builds the site (`make docs`): generated pages, links into the repository, tutorials run.

The shell blocks of a tutorial are run by markdown-exec, in a folder of that tutorial alone. A block with a `title` is a
file: it is written there before the first command runs.
"""

import base64
import os
import re
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from scripts.website import generated, layers
from scripts.website.links import within_site

ROOT = Path(__file__).parents[2]
TUTORIAL = re.compile(r"tutorials/\d\d-")
FILE_BLOCK = re.compile(r'^```\w+ title="([\w.-]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"<!-- picture (?P<file>\S+): (?P<alt>[^>]+) -->")
"""The place of a picture that the commands drew; readers of the Markdown file do not see it."""

OUTSIDE = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^"'\s>]+""")
"""Something that a browser loads from another host; links for the reader do not count."""

COMPILING = re.compile(r"compiling the simulator: .*\n")
"""What the first command on a machine prints; it is not part of a tutorial's output."""

LAYERS = "<!-- layers -->"
"""Where the drawing of the layers goes."""


def on_config(config: MkDocsConfig) -> None:
    """Sets what commands see, and fills the parts of the navigation whose pages are known by the code."""
    os.environ.pop("COLUMNS", None)  # tables are then as wide as they need
    os.environ.update(NO_COLOR="1", TERM="dumb", MPLBACKEND="Agg", PYTHONPATH=str(ROOT))
    _fill(config.nav or [])


def _fill(nav: list[Any]) -> None:
    for section in (entry for entry in nav if isinstance(entry, dict)):
        for title, below in section.items():
            if isinstance(below, list):
                _fill(below)
                below += generated.navigation(title, ROOT)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the generated pages."""
    for uri, content in generated.pages(ROOT):
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Points links that leave docs/ to their pages of the site; begins a tutorial in a folder of its own."""
    if TUTORIAL.match(page.file.src_uri):
        _enter(markdown)
    return within_site(markdown.replace(LAYERS, layers.drawing(ROOT / "pyproject.toml")), page.file.src_uri)


def on_page_content(html: str, page: Page, **_: Any) -> str:
    """Ends a tutorial: embeds its pictures in the page, and returns to the folder in which the build runs."""
    if TUTORIAL.match(page.file.src_uri):
        html = PICTURE.sub(_picture, COMPILING.sub("", html))
        os.chdir(ROOT)
    return html


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Refuses a page that would load something from another host.

    Raises:
        PluginError: it would.
    """
    if found := OUTSIDE.search(output):
        raise PluginError(f"{page.file.src_uri} would load {found[0]}: pages must open without a network")
    return output


def _enter(markdown: str) -> None:
    os.chdir(tempfile.mkdtemp(prefix="ipagym-tutorial-"))
    for name, content in files_of(markdown):
        Path(name).write_text(content, encoding="utf-8")


def files_of(markdown: str) -> Iterator[tuple[str, str]]:
    """The files that a tutorial has the reader write: names and contents."""
    yield from FILE_BLOCK.findall(markdown)


def _picture(found: re.Match[str]) -> str:
    data = base64.b64encode(Path(found["file"]).read_bytes()).decode()
    return f'<img class="drawn" src="data:image/png;base64,{data}" alt="{escape(found["alt"])}">'
