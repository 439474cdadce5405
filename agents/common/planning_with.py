"""Options of a planner: `ipa:cbc`, `ipa:lstm`, `ipa:cbc+lstm+2s` name a solver, a forecaster, a time limit."""

import re
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from ipagym.forecast import Forecaster
from ipagym.forecast.catalogue import FORECASTERS, make_forecaster
from ipagym.forecast.oracle import Oracle
from ipagym.system.errors import InputError, unknown_name

SOLVERS = ("highs", "cbc")
"""The solvers of `ipagym.optimize.solver`."""

ORACLE = "oracle"
"""The forecaster that knows the load; `make_agent` passes the load to it."""

AHEAD_S = 20
"""Shortest horizon of the oracle in seconds; otherwise two intervals: the one of the decision and the next."""


LIMIT = re.compile(r"\d+(\.\d+)?s", re.ASCII)
"""The solver's time limit in seconds, as in `2s` and `0.5s`."""


@dataclass(frozen=True, slots=True)
class PlanningWith:
    """A solver, its time limit for a decision in seconds, and a forecaster if one is named."""

    solver: str
    time_limit_s: float
    forecaster: Forecaster | None


def planning_with(argument: str, interval_s: float) -> PlanningWith:
    """The options in the argument; defaults are HiGHS, no limit and the agent's own forecaster.

    Raises:
        InputError: a part is unknown, or two parts are of the same kind.
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
    """The forecaster of that name, including the oracle; None if the name is empty.

    Raises:
        InputError: the name is unknown.
    """
    if name == ORACLE:
        return Oracle(np.zeros(0), horizon_s=max(AHEAD_S, ceil(2 * interval_s)))
    return make_forecaster(name) if name else None
