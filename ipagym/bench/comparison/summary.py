"""The achievements of each agent over all seeds, and the Pareto front."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ipagym.bench.comparison.confidence import half_width


@dataclass(frozen=True, slots=True)
class Metric:
    """A column of the summary: its key, its heading with unit, and its digits after the point."""

    key: str
    heading: str
    digits: int


METRICS = (
    Metric("pas_percent", "PAS %", 2),
    Metric("cores", "cores", 2),
    Metric("violation_percent", "SLO\nviol. %", 2),
    Metric("drop_percent", "drops\n%", 2),
    Metric("latency_p50_s", "p50 s", 2),
    Metric("latency_p99_s", "p99 s", 2),
    Metric("reward", "reward", 2),
    Metric("decision_ms", "decide\nms", 2),
)


REGRET = Metric("regret", "regret", 2)
"""The clairvoyant's reward per window minus this agent's, on the same seed, if the clairvoyant was run."""

BOUND = Metric("bound", "bound", 2)
"""The upper bound of `ipagym.bench.bound.bound` per window on the same seed, if the clairvoyant was run."""

UNFINISHED = Metric("unfinished", "unfinished", 1)
"""Requests in the system at the end; those that are not due by then do not count as violations."""

NOT_SHOWN = (UNFINISHED, BOUND)
"""Metrics that are in the files, and not in the table."""

CLAIRVOYANT = "clairvoyant"
"""The agent that regret is taken against."""


MOST_DRAWN = 7
"""Lines that can be told apart in one figure."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mean over seeds with the half width of its 95 % confidence interval (none for a single seed)."""

    mean: float
    half_width: float | None

    def text(self, digits: int) -> str:
        """The mean, and on a line below it ± the half width: eight of these fit side by side in a terminal."""
        mean = f"{self.mean:.{digits}f}"
        return mean if self.half_width is None else f"{mean}\n±{self.half_width:.{digits}f}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentSummary:
    """One agent over all seeds: an estimate for each of `METRICS`, and whether no other agent dominates it.

    `keeps` has the open knobs that it did not change, with their values.
    """

    agent: str
    estimates: Mapping[str, Estimate]
    pareto: bool
    keeps: str = ""


def episode_metrics(frame: pd.DataFrame, decision_s: Sequence[float]) -> dict[str, float]:
    """The figures of one episode: ratios over all its requests, cores over its time, reward per window.

    Without a completed request PAS is the mean over windows of what the configuration would have served, and the
    latencies are not a number.
    """
    arrivals = max(int(frame["arrivals"].sum()), 1)
    weights = frame["completed"] if frame["completed"].sum() > 0 else frame["duration_s"]
    latency_s = np.concatenate([np.asarray(values, dtype=np.float64) for values in frame["latency_s"]])
    p50, p99 = np.quantile(latency_s, (0.5, 0.99)) if latency_s.size else (np.nan, np.nan)
    return {
        "pas_percent": 100 * float(np.average(frame["pas"], weights=weights)),
        "cores": float(np.average(frame["cores"], weights=frame["duration_s"])),
        "violation_percent": min(100.0, 100 * int(frame["violations"].sum()) / arrivals),
        "drop_percent": min(100.0, 100 * int(frame["dropped"].sum()) / arrivals),
        "latency_p50_s": float(p50),
        "latency_p99_s": float(p99),
        "reward": float(frame["reward"].mean()),
        "decision_ms": 1000 * float(np.median(decision_s)),
        UNFINISHED.key: int(frame["in_system"].iloc[-1]),
    }


def summarise(
    metrics: Mapping[str, Sequence[Mapping[str, float]]], keeps: Mapping[str, str] | None = None
) -> tuple[AgentSummary, ...]:
    """Summaries, in the given order, of the episodes of each agent; `keeps` has what some of them left alone."""
    with_regret = _with_regret(metrics)
    estimates = {
        agent: {
            metric.key: estimate([episode[metric.key] for episode in episodes]) for metric in metrics_of(episodes[0])
        }
        for agent, episodes in with_regret.items()
    }
    points = {agent: _costs(values) for agent, values in estimates.items() if _served(values)}
    return tuple(
        AgentSummary(
            agent=agent,
            estimates=values,
            pareto=agent in points and not any(dominates(p, points[agent]) for p in points.values()),
            keeps=(keeps or {}).get(agent, ""),
        )
        for agent, values in estimates.items()
    )


def metrics_of(known: Mapping[str, object]) -> tuple[Metric, ...]:
    """The metrics that are there."""
    return (*METRICS, *(metric for metric in (UNFINISHED, REGRET, BOUND) if metric.key in known))


def _with_regret(
    metrics: Mapping[str, Sequence[Mapping[str, float]]],
) -> Mapping[str, Sequence[Mapping[str, float]]]:
    """The metrics, and the regret of every episode where the clairvoyant was run on the same seeds."""
    if CLAIRVOYANT not in metrics:
        return metrics
    best = [episode["reward"] for episode in metrics[CLAIRVOYANT]]
    return {
        agent: [{**e, REGRET.key: most - e["reward"]} for e, most in zip(episodes, best, strict=True)]
        for agent, episodes in metrics.items()
    }


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and 95 % confidence half width, by Student's t."""
    if len(values) < 2:
        return Estimate(values[0], None)
    return Estimate(float(np.mean(values)), half_width(values))


def dominates(costs: Sequence[float], others: Sequence[float]) -> bool:
    """True where `costs` are nowhere higher than `others` and somewhere lower."""
    pairs = list(zip(costs, others, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def episodes_frame(metrics: Mapping[str, Sequence[Mapping[str, float]]], seeds: Sequence[int]) -> pd.DataFrame:
    """One row per agent and seed: its metrics, with regret where the clairvoyant ran; decision times, which differ from
    run to run, are left out.
    """
    return pd.DataFrame(
        {"agent": agent, "seed": seed} | {key: value for key, value in episode.items() if key != "decision_ms"}
        for agent, episodes in _with_regret(metrics).items()
        for seed, episode in zip(seeds, episodes, strict=True)
    )


def summary_frame(summaries: Sequence[AgentSummary]) -> pd.DataFrame:
    """One row per agent: mean and 95 % half width of every metric, and the Pareto mark."""
    return pd.DataFrame(
        {"agent": summary.agent}
        | {key: value.mean for key, value in summary.estimates.items()}
        | {f"{key}_ci95": value.half_width for key, value in summary.estimates.items()}
        | {"pareto": summary.pareto, "keeps": summary.keeps}
        for summary in summaries
    )


def summary_table(summaries: Sequence[AgentSummary], title: str, *notes: str) -> Table:
    """The summary for the terminal; * marks the Pareto front. Below it stand `notes`, such as the load."""
    table = Table(
        title=escape(title),
        box=SIMPLE_HEAD,
        padding=0,
        caption="\n".join(["* Pareto front over PAS (up), cores (down), SLO violations (down)", *notes]),
    )
    table.add_column("agent", overflow="fold")
    metrics = [metric for metric in metrics_of(summaries[0].estimates) if metric not in NOT_SHOWN]
    for metric in metrics:
        table.add_column(metric.heading, justify="right", no_wrap=True, overflow="fold")
    for summary in summaries:
        texts = (summary.estimates[metric.key].text(metric.digits) for metric in metrics)
        table.add_row(f"{escape(summary.agent)}{' *' if summary.pareto else ''}", *texts)
    return table


def bound_line(summaries: Sequence[AgentSummary]) -> list[str]:
    """A line with the upper bound and the clairvoyant's distance from it; empty if the clairvoyant was not run."""
    return [
        f"bound: no course of decisions earns more than {most.mean:.{BOUND.digits}f}; clairvoyant, the best one known, "
        f"is {most.mean - summary.estimates['reward'].mean:.{BOUND.digits}f} below"
        for summary in summaries
        if summary.agent == CLAIRVOYANT and (most := summary.estimates.get(BOUND.key)) is not None
    ]


def kept_knobs(summaries: Sequence[AgentSummary]) -> list[str]:
    """A line for each group of agents that did not change the same knobs: knobs, values, agents."""
    agents: dict[str, list[str]] = {}
    for summary in summaries:
        if summary.keeps:
            agents.setdefault(summary.keeps, []).append(summary.agent)
    return [f"{keeps}: {', '.join(names)}" for keeps, names in agents.items()]


def drawn_agents(summaries: Sequence[AgentSummary]) -> list[str]:
    """Those that a figure has room for: the ones of highest reward."""
    by_reward = sorted(summaries, key=lambda summary: -summary.estimates["reward"].mean)
    return [summary.agent for summary in by_reward[:MOST_DRAWN]]


def _served(estimates: Mapping[str, Estimate]) -> bool:
    """True where requests were answered on every seed: else there is no accuracy or latency to speak of."""
    return not np.isnan(estimates["latency_p99_s"].mean)


def _costs(estimates: Mapping[str, Estimate]) -> tuple[float, float, float]:
    return -estimates["pas_percent"].mean, estimates["cores"].mean, estimates["violation_percent"].mean
