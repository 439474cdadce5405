"""The table of the suite: its gaps are those of the episodes, seed by seed."""

from pathlib import Path

import pandas as pd
import pytest

import ipagym
from ipagym.agents import make_agent
from ipagym.cli.suite import OPTIMISERS, agents_of, by_seed, gap
from ipagym.envs.scenarios import make_scenario

DOCS = Path(__file__).parents[1] / "docs" / "tasks.md"


def windows() -> pd.DataFrame:
    """Two agents on two seeds, two windows each; the second earns 1 and 3 more, on a core less."""
    rows = [
        {"agent": agent, "seed": seed, "reward": seed + more * (2 * seed - 1) + w, "cores": cores, "pas": pas}
        | {"violations": late, "arrivals": 50 * (w + 1)}
        for agent, more, cores, pas, late in (("one", 0, 4.0, 0.5, 3), ("two", 1, 3.0, 0.6, 0))
        for seed in (1, 2)
        for w in (0, 1)
    ]
    return pd.DataFrame(rows)


def test_a_gap_is_taken_seed_by_seed() -> None:
    found = gap(by_seed(windows(), "two"), by_seed(windows(), "one"))
    assert (found.reward, found.cores) == (2.0, -1.0)
    assert found.pas_points == pytest.approx(10.0)
    assert found.violation_points == pytest.approx(-100 * 6 / 150)
    assert found.half_width == pytest.approx(12.706, abs=1e-3), (
        "Student's t of one degree of freedom, deviation √2, n 2"
    )


@pytest.mark.parametrize("task", OPTIMISERS)
def test_a_task_of_the_suite_has_an_id_a_day_its_optimiser_and_a_line(task: str) -> None:
    scenario = make_scenario(task)
    assert task == "sponge-waves" or scenario.workload.name == "twitter-day"
    assert task in ipagym.ENV_IDS.values()
    assert make_agent(OPTIMISERS[task], scenario)
    assert agents_of(task) == ["static:best", OPTIMISERS[task], f"tuned:{OPTIMISERS[task]}"]
    assert f"| `{task}` |" in DOCS.read_text(encoding="utf-8")
