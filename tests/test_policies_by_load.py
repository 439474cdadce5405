"""Policies for many kinds of load: what they are compared on, and the table of it."""

from pathlib import Path

import pytest

import ipagym
from ipagym.agents.learned.policy_file import read_policy
from ipagym.agents.learned.zoo import zoo_path
from ipagym.cli import zoo_loads
from ipagym.cli.zoo import ENTRIES, GENERAL, Entry
from ipagym.envs.scenarios import make_scenario

TASK = """
pipeline: video
workload: constant:5:60
slo_s: 0.919649
interval_s: 10
knobs: [variant, replicas, batch]
limits: {max_replicas: 30}
objective: {alpha: 40}
"""


@pytest.mark.parametrize("name", GENERAL)
def test_a_general_policy_is_compared_on_loads_that_it_was_not_trained_on(name: str) -> None:
    entry = GENERAL[name]
    assert read_policy(zoo_path(name)).card.scenario == entry.scenario
    trained_on, others = ({make_scenario(entry.scenario, load).digest() for load in loads}
                          for loads in (entry.workloads, entry.elsewhere))  # fmt: skip
    assert len(trained_on) == 4
    assert len(others) == len(entry.elsewhere)
    assert not trained_on & others
    text = zoo_path(name).with_suffix(".md").read_text(encoding="utf-8")
    assert all(f"\n## {load}\n" in text for load in (zoo_loads.OWN, *entry.elsewhere))


def test_the_table_has_a_row_for_each_load_and_a_column_for_each_rival(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = tmp_path / "task.yaml"
    task.write_text(TASK)
    entry = Entry(scenario=str(task), optimiser="static-min", elsewhere=("constant:20:60",))
    monkeypatch.setitem(ENTRIES, "video-day", entry)
    monkeypatch.setattr(zoo_loads, "CONSTANT", "static-max")
    monkeypatch.setattr(zoo_loads, "EPISODES", 2)
    head, _, *rows = zoo_loads.tables(["video-day"], tmp_path / "compared").splitlines()
    assert head == "| zoo:video-day | reward | less static-max | less static-min |"
    assert [row.split(" | ")[0] for row in rows] == ["| Its own load", "| constant:20:60"]
    for load, row in zip(("constant:5:60", "constant:20:60"), rows, strict=True):
        found = ipagym.compare(
            make_scenario(str(task), load), ["zoo:video-day", "static-max"], seeds=2, out=tmp_path / load
        )
        means = found.episodes.groupby("agent")["reward"].mean()
        _, reward, less_max, _ = (cell.replace("−", "-") for cell in row.strip("| ").split(" | "))
        assert float(reward.partition(" ± ")[0]) == pytest.approx(means["zoo:video-day"], abs=0.006)
        difference = means["zoo:video-day"] - means["static-max"]
        assert float(less_max.partition(" ± ")[0]) == pytest.approx(difference, abs=0.006)
