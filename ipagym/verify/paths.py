"""Episodes with random decisions, on which the laws are checked and the engines compared."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from math import isfinite
from typing import Any

import numpy as np

from ipagym.cluster.sim.log import RequestLog
from ipagym.configuration import Configuration
from ipagym.faults import Faults
from ipagym.scenario import Scenario
from ipagym.verify import laws
from ipagym.verify.check import Check
from ipagym.verify.gauntlet import random_configuration
from ipagym.verify.laws import Path
from ipagym.window import Window

Engine = Callable[..., Any]
Law = Callable[[Path], str]

ALWAYS: Mapping[str, Law] = {
    "conservation: arrived = completed + dropped + in system": laws.conservation,
    "windows tell what happened to the requests": laws.windows_tell_the_truth,
    "causality: queued, started, finished, answered": laws.causality,
    "batches of no more than allowed": laws.batches_fit,
}
"""Laws of every scenario."""

WITHOUT_CRASHES: Mapping[str, Law] = {"Little's law: queued = entered − left, stage by stage": laws.littles_law}
"""Laws of scenarios in which no batch is served twice."""

STANDING: Mapping[str, Law] = {"no replica idles while a batch is due": laws.never_idle}
"""Laws of a configuration that stands."""


def check_paths(scenario: Scenario, where: str, engines: Mapping[str, Engine], seeds: Iterable[int]) -> list[Check]:
    """Every law on episodes of the scenario with random decisions, on every engine."""
    paths: dict[str, list[Path]] = {name: [] for name in engines}
    for seed in seeds:
        decisions = random_decisions(scenario, seed)
        for name, engine in engines.items():
            paths[name].append(walk(scenario, engine, decisions, seed))
    calm = not (scenario.physics.faults.crashes_per_hour or scenario.physics.faults.node_losses_per_hour)
    known = {**ALWAYS, **(WITHOUT_CRASHES if calm else {})}
    checks = [_check(law, holds, where, name, paths[name]) for law, holds in known.items() for name in engines]
    if len(engines) > 1:
        checks.append(_same("the engines give the same requests and windows, to the bit", where, paths))
    return checks


def check_standing(scenario: Scenario, where: str, engines: Mapping[str, Engine], seeds: Sequence[int]) -> list[Check]:
    """The laws of a configuration that stands: the scenario's initial one, without faults, sleep and neighbours."""
    physics = replace(scenario.physics, faults=Faults(), keep_alive_s=None)
    limits = replace(scenario.limits, max_deployments=1, node_cores=None)
    alone = Configuration(tuple(replace(setting, beside=()) for setting in scenario.initial.stages))
    standing = replace(scenario, physics=physics, limits=limits, initial=alone)
    checks = []
    for law, holds in STANDING.items():
        for name, engine in engines.items():
            paths = [walk(standing, engine, [alone] * scenario.windows, seed) for seed in seeds]
            checks.append(_check(law, holds, where, name, paths))
    return checks


def random_decisions(scenario: Scenario, seed: int) -> list[Configuration]:
    """A configuration for every window of the scenario."""
    rng = np.random.default_rng(seed)
    return [random_configuration(scenario, rng) for _ in range(scenario.windows)]


def walk(scenario: Scenario, engine: Engine, decisions: Sequence[Configuration], seed: int) -> Path:
    """One episode with a decision at the start of every window but the first."""
    cluster = engine(scenario, keep_requests=True)
    cluster.reset(seed)
    windows = [cluster.advance(scenario.interval_s)]
    for decision in decisions[1:]:
        cluster.apply(decision)
        windows.append(cluster.advance(scenario.interval_s))
    return Path(scenario, windows, cluster.log)


def same_requests(one: RequestLog, other: RequestLog) -> bool:
    """Whether two records are equal to the bit."""
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in RequestLog.__slots__)


def difference(one: Path, other: Path) -> str:
    """The first thing in which two episodes differ, to the bit; empty if they are the same."""
    if not same_requests(one.log, other.log):
        return "the requests"
    for index, (mine, theirs) in enumerate(zip(one.windows, other.windows, strict=True)):
        for figure in fields(Window):
            if not _equal(getattr(mine, figure.name), getattr(theirs, figure.name)):
                return f"{figure.name} of window {index}"
    return ""


def _check(law: str, holds: Law, where: str, engine: str, paths: Sequence[Path]) -> Check:
    failures = [failure for path in paths if (failure := holds(path) or _nonsense(path))]
    return Check(law, f"{where}, {engine}", len(paths), failures[0] if failures else "")


def _same(law: str, where: str, paths: Mapping[str, Sequence[Path]]) -> Check:
    first, *others = paths.values()
    failures = [
        f"{failure} differ"
        for other in others
        for one, two in zip(first, other, strict=True)
        if (failure := difference(one, two))
    ]
    return Check(law, where, len(first), failures[0] if failures else "")


def _nonsense(path: Path) -> str:
    """A figure that no window can have."""
    for window in path.windows:
        for name in ("cores", "energy_j", "accuracy", "violation_rate"):
            if not (isfinite(value := getattr(window, name)) and value >= 0):
                return f"{name} is {value} from {window.start_s} s"
    return ""


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return bool(one.tobytes() == other.tobytes())
    return repr(one) == repr(other)
