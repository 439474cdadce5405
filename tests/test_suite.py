"""The suite: its tasks, and its table of gaps, which are taken seed by seed."""

from pathlib import Path

import pandas as pd
import pytest

import ipagym
from ipagym.agents import make_agent
from ipagym.cli.zoo import SUITE
from ipagym.cli.zoo_trials import gap_cells, regret_cell
from ipagym.envs.scenarios import make_scenario

DOCS = Path(__file__).parents[1] / "docs" / "tasks.md"


def test_a_gap_is_taken_seed_by_seed(tmp_path: Path) -> None:
    task = make_scenario("video", "constant:5:60")
    found = ipagym.compare(task, ["static-max", "static-min"], seeds=2, out=tmp_path)
    seeds, reward, cores, pas, _ = gap_cells(found.episodes, "static-min", "static-max")
    rewards = found.windows.groupby(["agent", "seed"])["reward"].mean()
    first, second = (rewards["static-max", seed] - rewards["static-min", seed] for seed in (0, 1))
    assert seeds == "2"
    mean, _, half_width = reward.replace("−", "-").partition(" ± ")
    assert float(mean) == pytest.approx((first + second) / 2, abs=0.006)
    assert float(half_width) == pytest.approx(12.706 * abs(first - second) / 2, abs=0.006)
    held = found.windows.groupby("agent")["cores"].mean()
    assert float(cores) == pytest.approx(held["static-max"] - held["static-min"], abs=0.006)
    pas_of = 100 * found.windows.groupby("agent")["pas"].mean()
    assert float(pas) == pytest.approx(pas_of["static-max"] - pas_of["static-min"], rel=0.02)  # by requests


def test_regret_is_of_the_same_seeds() -> None:
    rewards = {"own": (9.0, 8.0, 0.0), "optimiser": (5.0, 6.0, 0.0), "clairvoyant": (10.0, 8.0)}
    rows = [{"agent": name, "seed": seed, "reward": one} for name, of in rewards.items() for seed, one in enumerate(of)]
    assert regret_cell(pd.DataFrame(rows), "own", "optimiser") == "14 %"


@pytest.mark.parametrize("task", SUITE)
def test_a_task_of_the_suite_has_an_id_a_load_that_moves_its_optimiser_and_a_line(task: str) -> None:
    scenario = make_scenario(task)
    assert scenario.workload.name == "twitter-day" or task == "sponge-waves"
    assert task in ipagym.ENV_IDS.values()
    assert make_agent(SUITE[task].optimiser, scenario)
    assert SUITE[task].tuned == f"tuned:{SUITE[task].optimiser}"
    assert f"| `{task}` |" in DOCS.read_text(encoding="utf-8")
