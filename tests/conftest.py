"""How hard the tests look: `--hypothesis-profile=nightly` for ten times as many examples as usual.

`exhaustive` is for `tests/stateful`: some 50,000 walks in all, which take an hour.
"""

import os

import pytest
from hypothesis import settings

from ipagym.agents.planning.clairvoyant import Effort
from ipagym.bench.storage.findings import VARIABLE

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes of a run share the cores; torch's threads spin for them

settings.register_profile("usual", deadline=None, max_examples=200)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.register_profile("exhaustive", deadline=None, max_examples=60_000)
settings.load_profile("usual")


@pytest.fixture(autouse=True, scope="session")
def _findings_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What tests search for is not taken from the user's cache, nor kept there."""
    os.environ[VARIABLE] = str(tmp_path_factory.mktemp("findings"))


@pytest.fixture(autouse=True)
def _clairvoyant_that_is_soon_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that run every agent need the clairvoyant, not all of its effort."""
    monkeypatch.setattr(
        "ipagym.agents.planning.clairvoyant.Effort", lambda: Effort(polish=20, polish_least=0, every=300)
    )
