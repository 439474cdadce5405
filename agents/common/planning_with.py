"""The means of a planner: `ipa:cbc`, `ipa:lstm`, `ipa:cbc+lstm+2s` name a solver, a forecaster, a limit."""

import re
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from ipagym.forecast import Forecaster
from ipagym.forecast.catalogue import FORECASTERS, make_forecaster
from ipagym.forecast.oracle import Oracle
from ipagym.system.errors import InputError, unknown_name

SOLVERS = ("highs", "cbc")
"""As `ipagym.optimize.solver` has them."""

ORACLE = "oracle"
"""The forecaster that `make_agent` has told the load."""

AHEAD_S = 20
"""Seconds that it sees ahead at least; otherwise two intervals: that decided on, and the next, until which it lasts."""


LIMIT = re.compile(r"\d+(\.\d+)?s", re.ASCII)
"""Seconds that the solver may take, as in `2s` and `0.5s`."""


@dataclass(frozen=True, slots=True)
class PlanningWith:
    """A solver, how many seconds it may take for a decision, and a forecaster where one is named."""

    solver: str
    time_limit_s: float
    forecaster: Forecaster | None


def planning_with(argument: str, interval_s: float) -> PlanningWith:
    """The means that the argument names; HiGHS, no limit and the agent's own forecaster where it says nothing.

    Raises:
        InputError: a part is none of these, or there are two of a kind.
    """
    parts = argument.split("+") if argument else []
    solvers = [part for part in parts if part in SOLVERS]
    limits = [part for part in parts if LIMIT.fullmatch(part)]
    others = [part for part in parts if part not in (*solvers, *limits)]
    if unknown := [part for part in others if part not in (*FORECASTERS, ORACLE)]:
        raise unknown_name("solver or forecaster", unknown[0], (*SOLVERS, *FORECASTERS, ORACLE))
    if len(solvers) > 1 or len(others) > 1 or len(limits) > 1:
        raise InputError(
            f"{argument!r} names two of a kind: name one solver, one forecaster, one limit, or some of these"
        )
    limit_s = float(limits[0][:-1]) if limits else inf
    if not limit_s > 0:
        raise InputError(f"the time limit must be above 0 seconds, not {limits[0]}")
    return PlanningWith((solvers or SOLVERS)[0], limit_s, forecaster_named("".join(others), interval_s))


def forecaster_named(name: str, interval_s: float) -> Forecaster | None:
    """The forecaster of that name, the oracle among them; None where none is named.

    Raises:
        InputError: there is none of that name.
    """
    if name == ORACLE:
        return Oracle(np.zeros(0), horizon_s=max(AHEAD_S, ceil(2 * interval_s)))
    return make_forecaster(name) if name else None
