"""The `info` beside an observation. It has the same form from `reset` and `step`, for one environment and for many.

`seen` is what an agent may use: the latest figures that have reached it. `truth` is the true last window, which an
agent does not know if telemetry is late. Both have the fields of `ipagym.model.window.Window`; arrays of varying length
are given as quantiles. `configuration` holds the numbers of each knob, shape (stages, max_deployments), with the index
of the variant (−1 for no deployment). `requested_cores` are the cores of that configuration, `pending_replicas` its
replicas that wait for a node. `reward_terms` is the reward as a vector (`ipagym.task.objective.RewardTerms`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.feeds import Figures
from ipagym.model.budget import requested
from ipagym.model.deployments import Deployments
from ipagym.model.records import Records
from ipagym.task.objective import RewardTerms
from ipagym.task.reward import TERMS

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


def info_of_many(
    truth: Figures, seen: Figures, configurations: Deployments, terms: RewardTerms[Values]
) -> dict[str, Any]:
    """The info of n environments; the first dimension of every array is n."""
    return {
        "seen": _window(seen),
        "truth": _window(truth),
        "configuration": _fields(configurations.copy()),
        "requested_cores": requested(configurations),
        "pending_replicas": truth.stages["pending"].sum(axis=1),
        "reward_terms": {name: getattr(terms, name) for name in TERMS},
    }


def info_of_one(
    truth: Figures, seen: Figures, configurations: Deployments, terms: RewardTerms[float]
) -> dict[str, Any]:
    """The info of one environment: scalars, and arrays without that first dimension."""
    told = _alone(truth)
    return {
        "seen": _alone(seen) if seen is not truth else told | {"stages": dict(told["stages"])},
        "truth": told,
        "configuration": _fields(configurations[0]),
        "requested_cores": int(requested(configurations)[0]),
        "pending_replicas": int(truth.stages["pending"].sum()),
        "reward_terms": {name: float(getattr(terms, name)) for name in TERMS},
    }


def info_of_some(info: dict[str, Any], told: Flags) -> dict[str, Any]:
    """The info of some environments, in the form of Gymnasium's vector environments: zeros for the others, and for each
    key a mask `_key` that is true for the environments with info.
    """
    others = np.flatnonzero(~told)
    return _masked(info, told, others)


def _masked(info: dict[str, Any], told: Flags, others: NDArray[np.int64]) -> dict[str, Any]:
    some: dict[str, Any] = {}
    for key, value in info.items():
        if key.startswith("_"):
            continue
        if isinstance(value, dict):
            some[key] = _masked(value, told, others)
        else:
            some[key] = value.copy() if len(others) else value
            some[key][others] = 0
        some[f"_{key}"] = told
    return some


def _window(figures: Figures) -> dict[str, Any]:
    windows, stages, arrivals_per_s = figures
    return {**_fields(windows.copy()), "arrivals_per_s": arrivals_per_s.copy(), "stages": _fields(stages.copy())}


def _alone(figures: Figures) -> dict[str, Any]:
    windows, stages, arrivals_per_s = figures
    values = dict(zip(windows.dtype.names or (), windows[0].item(), strict=True))
    return {**values, "arrivals_per_s": arrivals_per_s[0].copy(), "stages": _fields(stages[0].copy())}


def _fields(records: Records) -> dict[str, Any]:
    return {name: records[name] for name in records.dtype.names or ()}
