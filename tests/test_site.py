"""The site: every page is in its navigation, generated references are whole, links lead to pages.

`make docs` builds all of it, with the tutorials run.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

import ipagym
from ipagym.envs import scenario_schema
from ipagym.profiles import schema as profile_schema
from ipagym.task.environment_ids import ENV_IDS

pytest.importorskip("markdown_exec", reason="the site needs the extra docs")

from scripts.website import commands, examples, generated, hooks, layers, links, python_names, schemas

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("[0-9]*.md"))
FENCE = re.compile(r"^```bash ?(.*)\n", re.MULTILINE)


def uris(nav: list[Any]) -> Iterator[str]:
    for entry in nav:
        if isinstance(entry, str):
            yield entry
        else:
            for title, below in entry.items():
                yield from uris([*below, *generated.navigation(title, ROOT)] if isinstance(below, list) else [below])


def navigation() -> list[str]:
    return list(uris(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))


def generated_uris() -> set[str]:
    """Without their contents, of which environments take seconds."""
    return {
        *links.IMPORTED.values(), "examples.md", "project/layers.md",
        *(f"reference/{name}.md" for name in ("commands", "python", "envs", "scenario", "profile")),
        *(f"controllers/{path.name}" for path in (ROOT / "agents" / "zoo").glob("*.md")),
        *(generated.page_of(env_id) for env_id in ENV_IDS),
    }  # fmt: skip


def test_the_navigation_names_every_page_once() -> None:
    written = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(navigation()) == sorted(written | generated_uris())


def test_what_is_said_to_be_generated_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.website.environments.page", lambda env_id: env_id)
    made = dict(generated.pages(ROOT))
    assert set(made) == generated_uris()
    assert all(made.values())


@pytest.mark.parametrize(
    ("page", "module"), [(schemas.scenario_page, scenario_schema), (schemas.profile_page, profile_schema)]
)
def test_every_key_has_a_row_and_a_meaning(page: Any, module: Any) -> None:
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page(), re.MULTILINE | re.DOTALL))
    models = {
        name: each
        for name, each in vars(module).items()
        if isinstance(each, type) and issubclass(each, BaseModel) and name.endswith("File")
    }
    assert set(sections) == {schemas.title_of(name) for name in models}
    for name, model in models.items():
        rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", sections[schemas.title_of(name)], re.MULTILINE)
        assert [key for key, _ in rows] == list(model.model_fields)
        assert all(cells.rpartition("| ")[2].endswith(".") for _, cells in rows), name


def test_a_key_has_type_unit_bounds_and_default() -> None:
    scenario = schemas.scenario_page()
    assert "| `interval_s` | number | s | > 0, ≤ 1e6 | `10.0` |" in scenario
    assert "| `max_replicas` | whole number | replicas | ≥ 1, ≤ 1,000 | `10` |" in scenario
    assert "| `knobs` | list: `variant`, `replicas`, `batch`, `cores` |" in scenario
    assert "| `pipeline` | text |  |  | required |" in scenario
    assert "| `average_s` | mapping to: number | s | 1 or more, each > 0, ≤ 1e6 | null |" in schemas.profile_page()


def test_every_command_and_option_is_there() -> None:
    import typer

    from ipagym.cli import app

    text = commands.page()
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        assert f"## `ipagym {name}`" in text
        for parameter in command.params:
            assert re.search(rf"`(-\w, )?{parameter.opts[0]}\b", text) or not parameter.opts[0].startswith("--")


def test_every_promised_name_is_there() -> None:
    grouped = [name for names in python_names.GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(ipagym.__all__)
    headed = re.findall(r"^(?:::: .*\.|### )(\w+)$", python_names.promised_page(), re.MULTILINE)
    assert sorted(headed) == sorted(grouped)


def test_every_example_is_there() -> None:
    assert re.findall(r"^## (.*)$", examples.page(ROOT / "examples"), re.MULTILINE) == sorted(
        path.name for path in (ROOT / "examples").glob("*.py")
    )


def test_the_drawing_has_every_module_of_the_contract() -> None:
    drawn = layers.drawing(ROOT / "pyproject.toml")
    names = [module.removeprefix("ipagym.") for layer in layers.layers(ROOT / "pyproject.toml") for module in layer]
    assert len(names) > 20
    assert all(f">{name}</text>" in drawn for name in names)


@pytest.mark.parametrize(
    ("page", "written", "led"),
    [
        ("project/changelog.md", "[a](docs/live.md#x)", "[a](../live.md#x)"),
        ("live.md", "[a](../profiles/README.md)", "[a](reference/profiles.md)"),
        ("reference/profiles.md", "[a](../docs/live.md)", "[a](../live.md)"),
        ("controllers/video.md", "[a](../../docs/learning.md)", "[a](../learning.md)"),
        ("verify.md", "[the theory](../ipagym/verification/theory)", "the theory"),
        ("index.md", "[a](https://example.org/b.md) [c](#d)", "[a](https://example.org/b.md) [c](#d)"),
    ],
)
def test_links_of_the_repository_are_led_to_pages(page: str, written: str, led: str) -> None:
    assert links.within_site(written, page) == led


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs_all_of_its_code(tutorial: Path) -> None:
    """Shell blocks are run by `make docs`; files are written for them, and each is named in one of them."""
    text = tutorial.read_text(encoding="utf-8")
    options = FENCE.findall(text)
    assert options
    assert all(each.startswith('exec="1"') for each in options)
    ran = "".join(re.findall(r"^```bash .*?^```$", text, re.MULTILINE | re.DOTALL))
    files = dict(hooks.files_of(text))
    assert text.count(" title=") == len(files)
    assert all(name in ran or Path(name).stem in ran or name in "".join(files.values()) for name in files)
    assert not re.search(r"^```(python|yaml)\n", text, re.MULTILINE)


def test_the_tutorials_follow_each_other() -> None:
    index = (DOCS / "tutorials" / "index.md").read_text(encoding="utf-8")
    assert [path.name for path in TUTORIALS] == re.findall(r"\]\((\d\d-[\w-]+\.md)\)", index)
    for path, following in pairwise(TUTORIALS):
        assert f"]({following.name})" in path.read_text(encoding="utf-8").partition("## Next")[2]


@pytest.mark.parametrize(
    ("html", "is_refused"),
    [
        ('<script src="https://example.org/a.js"></script>', True),
        ('<link rel="stylesheet" href="//example.org/a.css">', True),
        ('<img alt="a" src=http://example.org/a.png>', True),
        ('<a href="https://example.org">a</a> <img src="images/a.png"> <script src="../a.js"></script>', False),
    ],
)
def test_a_page_that_would_ask_another_host_is_refused(html: str, is_refused: bool) -> None:
    assert bool(hooks.OUTSIDE.search(html)) == is_refused
