"""What a planner is to plan with: `ipa:cbc`, `ipa:lstm`, `ipa:cbc+lstm` name a solver, a forecaster, or both."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from ipagym.errors import unknown_name
from ipagym.forecast import Forecaster
from ipagym.forecast.catalogue import FORECASTERS, make_forecaster
from ipagym.forecast.oracle import Oracle

SOLVERS = ("highs", "cbc")
"""As `ipagym.optimize.solver` has them."""

ORACLE = "oracle"
"""The forecaster that `make_agent` has told the load."""

AHEAD_S = 20
"""How far it sees at least; otherwise two intervals: the one decided on, and the next, until which that must last."""


@dataclass(frozen=True, slots=True)
class PlanningWith:
    """A solver, and a forecaster where one is named."""

    solver: str
    forecaster: Forecaster | None


def planning_with(argument: str, interval_s: float) -> PlanningWith:
    """What the argument says; HiGHS and the agent's own forecaster where it says nothing.

    Raises:
        InputError: a part is neither.
    """
    solver = SOLVERS[0]
    forecaster: Forecaster | None = None
    for part in argument.split("+") if argument else ():
        if part in SOLVERS:
            solver = part
        elif part == ORACLE:
            forecaster = Oracle(np.zeros(0), horizon_s=max(AHEAD_S, ceil(2 * interval_s)))
        elif part in FORECASTERS:
            forecaster = make_forecaster(part)
        else:
            raise unknown_name("solver or forecaster", part, (*SOLVERS, *FORECASTERS, ORACLE))
    return PlanningWith(solver, forecaster)
