"""A little fuzzing of every reader, each time; `tests/fuzz/minutes.py` does more."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.nearly_sound import NEARLY_SOUND, policy, windows
from tests.fuzz.targets import TARGETS, checkpoint, manifest, outcome, small, stored

SLOWEST_MS = 3000
OF_TORCH = ("checkpoint", "policy, values", "agent name, deciding")
OF_PROFILES = ("profile", "profile, one value")
EVERY = TARGETS | NEARLY_SOUND


@pytest.fixture(scope="module")
def made_once() -> None:
    """What inputs are made from: the first example would take the time otherwise."""
    assert all((small(), windows(), stored(), manifest()))


@pytest.mark.usefixtures("made_once")
@pytest.mark.parametrize("name", [name for name in EVERY if name not in OF_TORCH + OF_PROFILES])
@settings(suppress_health_check=list(HealthCheck), deadline=SLOWEST_MS)
@given(data=st.data())
def test_a_reader_answers_or_refuses_in_one_line(name: str, data: st.DataObject) -> None:
    outcome(EVERY[name], data.draw(EVERY[name].inputs))


@pytest.mark.usefixtures("made_once")
@pytest.mark.parametrize("name", OF_PROFILES)
@settings(suppress_health_check=list(HealthCheck), deadline=SLOWEST_MS, max_examples=30)
@given(data=st.data())
def test_a_profile_is_read_or_refused_in_one_line(name: str, data: st.DataObject) -> None:
    """Fewer examples: a profile is many values to draw, and many curves to fit."""
    outcome(EVERY[name], data.draw(EVERY[name].inputs))


@pytest.fixture(scope="module")
def made_of_torch() -> None:
    pytest.importorskip("stable_baselines3")
    assert all((checkpoint(), policy()))


@pytest.mark.usefixtures("made_once", "made_of_torch")
@pytest.mark.filterwarnings("ignore:Casting complex values", "ignore:.*Sparse")
@pytest.mark.parametrize("name", OF_TORCH)
@settings(suppress_health_check=list(HealthCheck), deadline=SLOWEST_MS, max_examples=40)
@given(data=st.data())
def test_a_checkpoint_is_loaded_or_refused_in_one_line(name: str, data: st.DataObject) -> None:
    outcome(EVERY[name], data.draw(EVERY[name].inputs))
