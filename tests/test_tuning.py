"""`ipagym tune`: a search that goes on where it stopped, draws no seed of test, and writes a recipe for `train`."""

from pathlib import Path

import pytest

from ipagym.agents import learned
from ipagym.agents.learned.recipe import recipe_for
from ipagym.agents.learned.recipe_fields import RECIPES
from ipagym.agents.learned.search_space import SPACES, drawn_settings
from ipagym.cli import main
from ipagym.cli import tune as tune_command

pytest.importorskip("stable_baselines3")

SMALL = '"*": {steps: 160, envs: 2, batch: 20, validate_every: 1, validation_episodes: 1, windows: 1}\n'


class Lowest:
    """Chooses the first of everything."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return low

    def suggest_categorical(self, name: str, choices: list[int]) -> int:
        return choices[0]


@pytest.mark.parametrize("algorithm", RECIPES)
def test_what_is_searched_makes_a_recipe(algorithm: str) -> None:
    drawn = drawn_settings(SPACES[algorithm], Lowest())
    recipe = recipe_for(algorithm, "video", drawn)
    assert recipe.learning_rate == (1e-4, 1e-4 * 0.02)
    assert recipe.gamma == 0.7


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text((Path(learned.__file__).parent / "recipes" / "ppo.yaml").read_text() + SMALL)
    return path


def test_a_search_goes_on_and_writes_a_recipe(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("optuna")
    storage = tmp_path / "search.log"
    command = ["tune", "video", "--workload", "constant:5:120", "--storage", str(storage), "--recipe", str(recipe)]
    assert main([*command, "--trials", "1"]) == 0
    first = (tmp_path / "search.log.yaml").read_text()
    assert main([*command, "--trials", "1"]) == 0
    assert (tmp_path / "search.log.yaml").read_text() == first, "nothing was left to do"
    assert main([*command, "--trials", "2"]) == 0
    folders = sorted(path.name for path in (tmp_path / "search.log.trials").iterdir())
    assert folders == ["0", "1"]
    found = recipe_for("ppo", "video", None, tmp_path / "search.log.yaml")
    assert found.steps == 160
    assert main([*command, "--trials", "3", "--seed", "5"]) == 2
    assert "holds a search of" in capsys.readouterr().err
    storage.unlink()
    assert main([*command, "--trials", "1"]) == 2
    assert "holds trials of another search" in capsys.readouterr().err
    storage.write_text("nothing of the kind\n")
    assert main([*command, "--trials", "1"]) == 2
    told = capsys.readouterr().err.strip()
    assert "cannot be read as a search" in told
    assert "\n" not in told


def test_without_optuna_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tune_command, "find_spec", lambda name: None)
    assert main(["tune", "video", "--storage", str(tmp_path / "a")]) == 2
    assert "pip install 'ipagym[tune]'" in capsys.readouterr().err
