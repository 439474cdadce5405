"""The result of a check."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """A law, where it was looked at, how often, and the first case in which it did not hold (empty if none)."""

    law: str
    where: str
    cases: int
    failure: str = ""

    @property
    def passed(self) -> bool:
        """True where it held throughout, and was looked at."""
        return not self.failure and self.cases > 0
