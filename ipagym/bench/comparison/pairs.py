"""Differences between two agents on the same seeds: they can be significant even if the means are close."""

import pandas as pd

from ipagym.bench.comparison.confidence import half_width
from ipagym.system.errors import InputError, unknown_name


def paired(episodes: pd.DataFrame, agent: str, reference: str) -> pd.DataFrame:
    """The agent's figures minus the reference's, seed by seed.

    `episodes` has a row per agent and seed. The result has a row per metric: `difference`, the mean over seeds; `ci95`,
    the half width of its 95 % confidence interval by Student's t (none for a single seed); `above`, the share of seeds
    on which the agent's figure is the higher one, half of a tie; `seeds`.

    Raises:
        InputError: one of them is not in the comparison, or both are the same.
    """
    known = list(dict.fromkeys(episodes["agent"]))
    for name in (agent, reference):
        if name not in known:
            raise unknown_name("agent of this comparison", name, known)
    if agent == reference:
        raise InputError(f"two agents are needed for a difference, not {agent} twice")
    own, other = (_by_seed(episodes, name) for name in (agent, reference))
    found = own - other
    rows = [_row(str(metric), found[metric].dropna().tolist()) for metric in found.columns]
    return pd.DataFrame(rows).set_index("metric")


def _by_seed(episodes: pd.DataFrame, agent: str) -> pd.DataFrame:
    return episodes[episodes["agent"] == agent].set_index("seed").drop(columns="agent").sort_index()


def _row(metric: str, differences: list[float]) -> dict[str, object]:
    number = len(differences)
    above = sum((each > 0) + (each == 0) / 2 for each in differences)
    return {
        "metric": metric,
        "difference": sum(differences) / number if number else None,
        "ci95": half_width(differences) if number > 1 else None,
        "above": above / number if number else None,
        "seeds": number,
    }
