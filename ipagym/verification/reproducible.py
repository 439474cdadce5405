"""Simulations repeated: from its seed, from a snapshot, from a fork."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ipagym.cluster.sim.engine import Engine, RequestSimulator
from ipagym.model.configuration import Configuration
from ipagym.model.window import Window
from ipagym.task.physics import MEASURED
from ipagym.task.scenario import Scenario
from ipagym.verification.excerpt import Subject
from ipagym.verification.laws import Path
from ipagym.verification.paths import difference, random_decisions, same_requests, walk


def one_seed_one_result(subject: Subject, engine: Engine, seed: int) -> str:
    """One seed, one result."""
    decisions = random_decisions(subject.scenario, seed, subject.windows)
    first, again = (walk(subject.scenario, engine, decisions, seed) for _ in range(2))
    found = difference(first, again)
    return f"{found} differ between two runs of seed {seed}" if found else ""


def another_seed_another_result(subject: Subject, engine: Engine, seed: int) -> str:
    """Another seed, other times, where they are drawn from a continuous distribution: arrivals, else service.

    Where neither is, two seeds may well give the same.
    """
    decisions = random_decisions(subject.scenario, seed, subject.windows)
    first, other = (walk(subject.scenario, engine, decisions, each) for each in (seed, seed + 1))
    if not (_chance_was_asked(first) and _chance_was_asked(other)) or not same_requests(first.log, other.log):
        return ""
    return f"seeds {seed} and {seed + 1} give the same"


def snapshot_and_restore(subject: Subject, engine: Engine, seed: int) -> str:
    """A snapshot in the middle, gone back to and forked from, changes nothing of what follows."""
    scenario, decisions = subject.scenario, random_decisions(subject.scenario, seed, subject.windows)
    half = len(decisions) // 2
    cluster = engine(scenario, keep_requests=True)
    cluster.reset(seed)
    _follow(cluster, decisions[:half], scenario)
    snapshot, twin = cluster.snapshot(), cluster.fork()
    future = _follow(cluster, decisions[half:], scenario)
    cluster.restore(snapshot)
    for each in (cluster, twin):
        if found := difference(future, _follow(each, decisions[half:], scenario)):
            return f"{found} differ in another future (seed {seed})"
    return ""


REPRODUCIBLE: Mapping[str, Callable[[Subject, Engine, int], str]] = {
    "one seed, one result": one_seed_one_result,
    "another seed, another result, where chance is asked": another_seed_another_result,
    "snapshot, restore and fork change nothing": snapshot_and_restore,
}


def _chance_was_asked(path: Path) -> bool:
    """True where some time on record was drawn from a continuous distribution.

    Measured service times may have no spread, and are not counted.
    """
    physics = path.scenario.physics
    if physics.arrivals != "uniform":
        return len(path.log) > 0
    return physics.service not in (MEASURED, "constant") and bool(np.isfinite(path.log.finished_s).any())


def _follow(cluster: RequestSimulator, decisions: Sequence[Configuration], scenario: Scenario) -> Path:
    windows: list[Window] = []
    for decision in decisions:
        cluster.apply(decision)
        windows.append(cluster.advance(scenario.interval_s))
    return Path(scenario, windows, cluster.log)
