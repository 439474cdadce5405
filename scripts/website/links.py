"""Links of Markdown files, rewritten to the pages of the site.

Pages link to other files of the repository, and some pages are files of the repository from outside docs/. A target
that the site has no page for keeps its text and loses its link.
"""

import posixpath
import re

IMPORTED = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "profiles/README.md": "reference/profiles.md",
    "ipagym/forecast/weights/README.md": "reference/forecaster-weights.md",
}
"""Files of the repository that are pages of the site as they are; those of agents/zoo/ besides."""

ELSEWHERE = {"examples": "examples.md", "README.md": "index.md"}
"""Targets that have a page of another form."""

LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)")


def page_of(path: str) -> str | None:
    """The page of the site that shows a file of the repository; None where there is none."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path.startswith("agents/zoo/") and path.endswith(".md"):
        return path.replace("agents/zoo/", "controllers/", 1)
    return IMPORTED.get(path) or ELSEWHERE.get(path)


def file_of(page: str) -> str:
    """The file of the repository that a page of the site is."""
    if page.startswith("controllers/"):
        return page.replace("controllers/", "agents/zoo/", 1)
    return next((path for path, each in IMPORTED.items() if each == page), f"docs/{page}")


def within_site(markdown: str, page: str) -> str:
    """The text of a page, with every link to a file of the repository rewritten to its page."""
    folder = posixpath.dirname(file_of(page))

    def led(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, found["target"]))
        target = page_of(path)
        if target is None:
            return found["text"]
        return f"[{found['text']}]({posixpath.relpath(target, posixpath.dirname(page) or '.')}{found['anchor'] or ''})"

    return LINK.sub(led, markdown)
