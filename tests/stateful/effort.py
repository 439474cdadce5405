"""How many walks a machine takes: a share of the examples of the hypothesis profile."""

from hypothesis import settings

EXAMPLES = 200 if settings.default is None else settings.default.max_examples


def share(part: int, steps: int) -> settings:
    """One walk, of so many steps, for every `part` examples of the profile."""
    return settings(max_examples=max(10, EXAMPLES // part), stateful_step_count=steps)
