"""What a planner is to plan with: `ipa:cbc`, `ipa:lstm`, `ipa:cbc+lstm` name a solver, a forecaster, or both."""

from dataclasses import dataclass

from ipagym.errors import unknown_name
from ipagym.forecast import Forecaster
from ipagym.forecast.catalogue import FORECASTERS, make_forecaster

SOLVERS = ("highs", "cbc")
"""As `ipagym.optimize.solver` has them."""


@dataclass(frozen=True, slots=True)
class PlanningWith:
    """A solver, and a forecaster where one is named."""

    solver: str
    forecaster: Forecaster | None


def planning_with(argument: str) -> PlanningWith:
    """What the argument says; HiGHS and the agent's own forecaster where it says nothing.

    Raises:
        InputError: a part is neither.
    """
    solver, forecaster = SOLVERS[0], None
    for part in argument.split("+") if argument else ():
        if part in SOLVERS:
            solver = part
        elif part in FORECASTERS:
            forecaster = make_forecaster(part)
        else:
            raise unknown_name("solver or forecaster", part, (*SOLVERS, *FORECASTERS))
    return PlanningWith(solver, forecaster)
