"""Whether a simulation can be had again: from its seed, from a snapshot, from a fork."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ipagym.cluster.sim.log import RequestLog
from ipagym.configuration import Configuration
from ipagym.scenario import Scenario
from ipagym.verify.paths import Engine, difference, random_decisions, same_requests, walk


def one_seed_one_result(scenario: Scenario, engine: Engine, seed: int) -> str:
    """One seed, one result; another seed, another."""
    decisions = random_decisions(scenario, seed)
    first, again, other = (walk(scenario, engine, decisions, s) for s in (seed, seed, seed + 1))
    if found := difference(first, again):
        return f"{found} differ between two runs of seed {seed}"
    return "" if difference(first, other) else f"seeds {seed} and {seed + 1} give the same"


def snapshot_and_restore(scenario: Scenario, engine: Engine, seed: int) -> str:
    """A snapshot in the middle, gone back to and forked from, changes nothing of what follows."""
    decisions = random_decisions(scenario, seed)
    half = len(decisions) // 2
    cluster = engine(scenario, keep_requests=True)
    cluster.reset(seed)
    _follow(cluster, decisions[:half], scenario)
    snapshot, twin = cluster.snapshot(), cluster.fork()
    future = _follow(cluster, decisions[half:], scenario)
    cluster.restore(snapshot)
    others = [_follow(each, decisions[half:], scenario) for each in (cluster, twin)]
    return "" if all(same_requests(future, other) for other in others) else f"another future (seed {seed})"


REPRODUCIBLE: Mapping[str, Callable[[Scenario, Engine, int], str]] = {
    "one seed, one result": one_seed_one_result,
    "snapshot, restore and fork change nothing": snapshot_and_restore,
}


def _follow(cluster: Any, decisions: Sequence[Configuration], scenario: Scenario) -> RequestLog:
    for decision in decisions:
        cluster.apply(decision)
        cluster.advance(scenario.interval_s)
    log: RequestLog = cluster.log
    return log
