"""Recipes of training: all settings of an algorithm on a task, from one YAML file for each algorithm."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ipagym.agents.learned.recipe_fields import RECIPES, Recipe
from ipagym.profiles.yaml_file import read_yaml
from ipagym.system.errors import InputError, unknown_name

FOLDER = Path(__file__).parent / "recipes"


def algorithms() -> list[str]:
    """The algorithms that have recipes."""
    return list(RECIPES)


def recipe_for(algorithm: str, scenario: str, changes: dict[str, Any] | None = None, own: Path | None = None) -> Recipe:
    """The recipe of an algorithm for a scenario by name, with changes; `own` is a file instead of the package's.

    Sections whose name matches that of the scenario apply in their order; * in a name matches anything.

    Raises:
        InputError: the algorithm is unknown, the file is not a recipe, or a value cannot be used.
    """
    if algorithm not in algorithms():
        raise unknown_name("algorithm", algorithm, algorithms())
    path = own or FOLDER / f"{algorithm}.yaml"
    sections = read_yaml(path, "recipe")
    if not isinstance(sections, dict) or not all(isinstance(each, dict) for each in sections.values()):
        raise InputError(f"{path} is not a recipe: it has sections, such as default, with settings in each")
    name = Path(scenario).stem
    chosen = [each for key, each in sections.items() if key == "default" or fnmatchcase(name, str(key))]
    merged = {key: value for section in [*chosen, changes or {}] for key, value in section.items()}
    return checked_recipe(algorithm, merged, str(path))


def checked_recipe(algorithm: str, settings: Any, where: str) -> Recipe:
    """A recipe of an algorithm with these settings.

    Raises:
        InputError: the algorithm is unknown, or a setting is missing, unknown or cannot be used.
    """
    if algorithm not in algorithms():
        raise unknown_name("algorithm", algorithm, algorithms())
    try:
        recipe: Recipe = TypeAdapter(RECIPES[algorithm]).validate_python(settings)
        _ = recipe.view
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(
            f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}, not {first['input']!r}"
        ) from None
    return recipe
