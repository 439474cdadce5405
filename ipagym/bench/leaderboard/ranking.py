"""The order of agents: over all tasks by scores, on one task by reward; insignificant differences are ties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ipagym.bench.leaderboard.board import Board
from ipagym.bench.leaderboard.statistics import (
    Interval,
    Scores,
    holm,
    improvement_interval,
    interval,
    iqm,
    mean,
    paired_difference,
    paired_p_value,
)

METRICS = (
    "violation_percent", "cores", "pas_percent", "drop_percent", "latency_p50_s", "latency_p99_s", "reward", "regret",
    "switching", "energy_kj", "decision_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Against:
    """An agent compared with the reference on the same seeds: mean difference, Holm's p-value, and the probability that
    a run of the agent is better.
    """

    difference: Interval
    p_value: float
    improvement: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """An agent in a ranking. `figures` are means over its cells; `rank` is none where it lacks a task, `against` for
    the reference itself.
    """

    agent: str
    rank: int | None
    tasks: int
    figures: Mapping[str, float]
    mean: Interval
    iqm: Interval
    against: Against | None


def overall(board: Board) -> list[Standing]:
    """Agents by the interquartile mean of their scores, those that lack a task behind the others."""
    every = board.scored()
    if not every:
        return []
    scores = {agent: board.values(agent, board.groups_of(agent)) for agent in board.agents() if board.groups_of(agent)}
    whole = [agent for agent in scores if board.groups_of(agent) == every]
    others = [agent for agent in scores if agent not in whole]
    return _standings(board, scores, (whole, others))


def on_task(board: Board, group: str) -> list[Standing]:
    """Agents by mean reward on one task; mean, interquartile mean and differences are of rewards."""
    cells = board.cells[board.cells["group"] == group]
    agents = list(dict.fromkeys(cells["agent"]))
    return _standings(board, {agent: board.values(agent, [group], "reward") for agent in agents}, (agents, []), group)


def ranks(ordered: Sequence[str], scores: Mapping[str, Scores]) -> dict[str, int]:
    """Ranks of agents in order. An agent shares the rank of the first agent above it from which it does not differ
    significantly: the interval of the paired difference includes 0.
    """
    found: dict[str, int] = {}
    leader, rank = "", 0
    for place, agent in enumerate(ordered, 1):
        if not leader or paired_difference(scores[leader], scores[agent]).low > 0:
            leader, rank = agent, place
        found[agent] = rank
    return found


def _standings(
    board: Board, scores: Mapping[str, Scores], parts: tuple[list[str], list[str]], group: str | None = None
) -> list[Standing]:
    statistic = iqm if group is None else mean
    whole, others = (sorted(part, key=lambda agent: -float(statistic(scores[agent]))) for part in parts)
    known = ranks(whole, scores)
    against = _all_against(board, scores, group)
    return [
        Standing(
            agent=agent,
            rank=known.get(agent),
            tasks=scores[agent].shape[1],
            figures=_figures(board, agent, group),
            mean=interval(scores[agent], mean),
            iqm=interval(scores[agent], iqm),
            against=against.get(agent),
        )
        for agent in (*whole, *others)
    ]


def _all_against(board: Board, scores: Mapping[str, Scores], group: str | None) -> dict[str, Against]:
    """All agents but the reference, compared with it on their tasks."""
    reference = board.suite.file.reference
    if reference not in scores:
        return {}
    agents = [agent for agent in scores if agent != reference]
    pairs = {}
    for agent in agents:
        shared = board.groups_of(agent) if group is None else [group]
        pairs[agent] = scores[agent], board.values(reference, shared, "score" if group is None else "reward")
    adjusted = holm([paired_p_value(own, other) for own, other in pairs.values()])
    return {
        agent: Against(paired_difference(own, other), p_value, improvement_interval(own, other))
        for (agent, (own, other)), p_value in zip(pairs.items(), adjusted, strict=True)
    }


def _figures(board: Board, agent: str, group: str | None) -> dict[str, float]:
    """Means over all cells: each task has as many."""
    own = board.cells[board.cells["agent"] == agent]
    own = own if group is None else own[own["group"] == group]
    return {name: float(np.nanmean(own[name])) for name in METRICS if name in own and own[name].notna().any()}
