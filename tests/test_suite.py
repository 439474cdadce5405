"""The suite: its tasks, and its table of gaps, which are taken seed by seed."""

from pathlib import Path

import pytest

import ipagym
from ipagym.agents import make_agent
from ipagym.cli.suite import OPTIMISERS, agents_of, gap_cells
from ipagym.envs.scenarios import make_scenario

DOCS = Path(__file__).parents[1] / "docs" / "tasks.md"


def test_a_gap_is_taken_seed_by_seed(tmp_path: Path) -> None:
    task = make_scenario("video", "constant:5:60")
    found = ipagym.compare(task, ["hold", "static-min"], seeds=2, out=tmp_path)
    seeds, reward, cores, pas, _ = gap_cells(found, "static-min", "hold")
    rewards = found.windows.groupby(["agent", "seed"])["reward"].mean()
    first, second = (rewards["hold", seed] - rewards["static-min", seed] for seed in (0, 1))
    assert seeds == "2"
    assert reward.startswith(f"{(first + second) / 2:+.2f} ± ".replace("-", "−"))
    assert float(reward.partition(" ± ")[2]) == pytest.approx(12.706 * abs(first - second) / 2, abs=0.006)
    held = found.windows.groupby("agent")["cores"].mean()
    assert cores == f"{held['hold'] - held['static-min']:+.2f}".replace("-", "−")
    assert pas == "+0.00"


@pytest.mark.parametrize("task", OPTIMISERS)
def test_a_task_of_the_suite_has_an_id_a_load_that_moves_its_optimiser_and_a_line(task: str) -> None:
    scenario = make_scenario(task)
    assert scenario.workload.name == "twitter-day" or task == "sponge-waves"
    assert task in ipagym.ENV_IDS.values()
    assert make_agent(OPTIMISERS[task], scenario)
    assert agents_of(task) == ["static:best", OPTIMISERS[task], f"tuned:{OPTIMISERS[task]}"]
    assert f"| `{task}` |" in DOCS.read_text(encoding="utf-8")
