"""How hard the tests look: `--hypothesis-profile=nightly` for ten times as many examples."""

from hypothesis import settings

settings.register_profile("usual", deadline=None, max_examples=200)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.load_profile("usual")
