"""A little fuzzing with inputs that get past the first check; `tests/fuzz/campaign.py` does more."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.harder import HARDER, policy, windows
from tests.fuzz.targets import manifest, outcome, small, stored
from tests.stateful.effort import EXAMPLES

SLOWEST_MS = 3000
SLOW = ("agent name, deciding", "checkpoint, values")


@pytest.fixture(scope="module", autouse=True)
def made_once() -> None:
    """What inputs are made from: the first example would take the time otherwise."""
    pytest.importorskip("stable_baselines3")
    assert all((small(), windows(), stored(), manifest(), policy()))


@pytest.mark.parametrize("name", [name for name in HARDER if name not in SLOW])
@settings(suppress_health_check=list(HealthCheck), deadline=SLOWEST_MS, max_examples=EXAMPLES // 2)
@given(data=st.data())
def test_a_reader_answers_or_refuses_in_one_line(name: str, data: st.DataObject) -> None:
    outcome(HARDER[name], data.draw(HARDER[name].inputs))


@pytest.mark.filterwarnings("ignore:Casting complex values", "ignore:.*Sparse")
@pytest.mark.parametrize("name", SLOW)
@settings(suppress_health_check=list(HealthCheck), deadline=SLOWEST_MS, max_examples=EXAMPLES // 5)
@given(data=st.data())
def test_an_agent_that_is_taken_decides(name: str, data: st.DataObject) -> None:
    outcome(HARDER[name], data.draw(HARDER[name].inputs))
