"""The pages of the site that are made from the code, and their places in the navigation."""

from collections.abc import Iterator
from pathlib import Path

from ipagym.task.environment_ids import ENV_IDS
from scripts.website import commands, environments, examples, layers, python_names, schemas
from scripts.website.links import IMPORTED

POLICIES = "Published policies"
ENVIRONMENTS = "Environments"


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """Paths below docs/, and contents in Markdown."""
    yield from ((page, (root / path).read_text(encoding="utf-8")) for path, page in IMPORTED.items())
    yield from ((f"controllers/{path.name}", path.read_text(encoding="utf-8")) for path in _cards(root))
    yield "examples.md", examples.page(root / "examples")
    yield "reference/commands.md", commands.page()
    yield "reference/python.md", python_names.promised_page()
    yield "reference/envs.md", python_names.envs_page()
    yield "reference/scenario.md", schemas.scenario_page()
    yield "reference/profile.md", schemas.profile_page()
    yield "project/layers.md", layers.page(root / "pyproject.toml")
    yield from ((page_of(env_id), environments.page(env_id)) for env_id in ENV_IDS)


def navigation(title: str, root: Path) -> list[dict[str, str]]:
    """What belongs below the section of that title, besides what mkdocs.yml names."""
    if title == ENVIRONMENTS:
        return [{env_id.removeprefix("ipagym/"): page_of(env_id)} for env_id in ENV_IDS]
    if title == POLICIES:
        return [{path.stem: f"controllers/{path.name}"} for path in _cards(root)]
    return []


def page_of(env_id: str) -> str:
    """The page of an environment id."""
    return f"environments/{env_id.removeprefix('ipagym/').removesuffix('-v0').lower()}.md"


def _cards(root: Path) -> list[Path]:
    return sorted((root / "agents" / "zoo").glob("*.md"))
