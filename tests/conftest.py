"""How hard the tests look: `--hypothesis-profile=nightly` for ten times as many examples as usual.

`exhaustive` is for `tests/stateful`: some 50,000 walks in all, which take an hour.
"""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes of a run share the cores; torch's threads spin for them

settings.register_profile("usual", deadline=None, max_examples=200)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.register_profile("exhaustive", deadline=None, max_examples=60_000)
settings.load_profile("usual")
