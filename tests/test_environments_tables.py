"""The tables of docs/environments.md are of now; reference returns are there for all ids with the papers' settings."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

import ipagym
from ipagym.cli.environments import entries_table, ids_table
from ipagym.cli.references import measured_names, table
from ipagym.envs.reference_returns import references

DOCS = Path(__file__).parents[1] / "docs" / "environments.md"


@pytest.mark.parametrize("made", [ids_table, entries_table, table])
def test_the_docs_have_the_tables_of_now(made: Any) -> None:
    assert f"\n\n{made()}\n\n" in DOCS.read_text(encoding="utf-8"), (
        "put what `python scripts/environments_tables.py` prints into docs/environments.md"
    )


def test_every_scenario_has_reference_returns_in_their_order() -> None:
    assert set(references()) == set(measured_names())
    for each in references().values():
        assert each.random < each.constant <= each.clairvoyant
        assert each.random < each.optimiser < each.clairvoyant


@pytest.mark.parametrize("env_id", [env_id for env_id, name in ipagym.ENV_IDS.items() if name in measured_names()])
def test_an_id_knows_its_returns_and_a_changed_one_does_not(env_id: str) -> None:
    env: Any = gym.make(env_id).unwrapped
    known = env.reference_returns
    assert known is not None
    assert known.steps == env.scenario.windows - 1
    assert gym.make(env_id, objective={"alpha": 7}).unwrapped.reference_returns is None  # type: ignore[attr-defined]


def test_the_normalised_reward_is_about_minus_one_at_random_and_moved_by_the_scale() -> None:
    plain: Any = gym.make("ipagym/Video-v0").unwrapped
    normalised: Any = gym.make("ipagym/Video-v0", reward="normalised").unwrapped
    total, steps, over = 0.0, 0, False
    for env in (plain, normalised):
        env.action_space.seed(0)
        env.reset(seed=0)
    offset, divisor = plain.reference_returns.scale
    while not over:
        action = plain.action_space.sample()
        _, reward, *_ = plain.step(action)
        _, scaled, _, over, _ = normalised.step(action)
        assert scaled == pytest.approx((reward - offset) / divisor)
        total, steps = total + scaled, steps + 1
    assert total / steps == pytest.approx(-1.0, abs=0.25)
