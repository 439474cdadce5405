"""Episodes with random decisions, on which the laws are checked and the engines compared."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from ipagym.cluster.sim.engine import Engine
from ipagym.cluster.sim.log import RequestLog
from ipagym.model.configuration import Configuration, StageSetting
from ipagym.model.window import Window
from ipagym.task.faults import Faults
from ipagym.task.physics import DropPolicy
from ipagym.task.scenario import Scenario
from ipagym.verification import laws
from ipagym.verification.check import Check
from ipagym.verification.excerpt import Subject
from ipagym.verification.laws import Path
from ipagym.verification.stress_scenarios import random_configuration

Law = Callable[[Path], str]

ALWAYS: Mapping[str, Law] = {
    "conservation: arrived = completed + dropped + in system": laws.conservation,
    "windows tell what happened to the requests": laws.windows_tell_the_truth,
    "causality: queued, started, finished, answered": laws.causality,
    "batches of no more than allowed": laws.batches_fit,
    "cores, energy, accuracy and violations are figures": laws.plausible,
}
"""Laws of every scenario."""

WITHOUT_CRASHES: Mapping[str, Law] = {"Little's law: queued = entered − left, stage by stage": laws.littles_law}
"""Laws of scenarios in which no batch is served twice."""

STANDING: Mapping[str, Law] = {
    "no replica idles while a batch is due": laws.never_idle,
    "requests are served in the order asked for": laws.in_order,
}
"""Laws of a configuration that stands."""


def check_paths(subject: Subject, engines: Mapping[str, Engine], seeds: Iterable[int]) -> list[Check]:
    """Every law on episodes of the scenario with random decisions, on every engine."""
    paths: dict[str, list[Path]] = {name: [] for name in engines}
    for seed in seeds:
        decisions = random_decisions(subject.scenario, seed, subject.windows)
        for name, engine in engines.items():
            paths[name].append(walk(subject.scenario, engine, decisions, seed))
    faults = subject.scenario.physics.faults
    calm = not (faults.crashes_per_hour or faults.node_losses_per_hour)
    known = {**ALWAYS, **(WITHOUT_CRASHES if calm else {})}
    checks = [_check(law, holds, f"{subject.name}, {e}", paths[e]) for law, holds in known.items() for e in engines]
    if len(engines) > 1:
        checks.append(_same("the engines give the same requests and windows, to the bit", subject.name, paths))
    return checks


def check_standing(subject: Subject, engines: Mapping[str, Engine], seeds: Sequence[int]) -> list[Check]:
    """The laws of a configuration that stands: the scenario's initial one, without faults, sleep and neighbours."""
    standing = _standing(subject.scenario)
    decisions = [standing.initial] * subject.windows
    checks = []
    for name, engine in engines.items():
        paths = [walk(standing, engine, decisions, seed) for seed in seeds]
        checks += [_check(law, holds, f"{subject.name}, {name}", paths) for law, holds in STANDING.items()]
    return checks


def _standing(scenario: Scenario) -> Scenario:
    physics = replace(scenario.physics, faults=Faults(), keep_alive_s=None)
    chain = tuple((stage - 1,) if stage else () for stage in range(len(scenario.pipeline.stages)))
    if scenario.pipeline.predecessors != chain:
        physics = replace(physics, drop=DropPolicy())
    limits = replace(scenario.limits, max_deployments=1, node_cores=None)
    alone = Configuration(tuple(StageSetting((each,)) for each in scenario.initial.first_deployments))
    return replace(scenario, physics=physics, limits=limits, initial=alone)


def random_decisions(scenario: Scenario, seed: int, windows: int | None = None) -> list[Configuration]:
    """A configuration for every window of the scenario, or for so many of them."""
    rng = np.random.default_rng(seed)
    return [random_configuration(scenario, rng) for _ in range(scenario.windows if windows is None else windows)]


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
    """True where two records are equal to the bit."""
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


def _check(law: str, holds: Law, where: str, paths: Sequence[Path]) -> Check:
    failures = [failure for path in paths if (failure := holds(path))]
    return Check(law, where, len(paths), failures[0] if failures else "")


def _same(law: str, where: str, paths: Mapping[str, Sequence[Path]]) -> Check:
    first, *others = paths.values()
    failures = [
        f"{failure} differ"
        for other in others
        for one, two in zip(first, other, strict=True)
        if (failure := difference(one, two))
    ]
    return Check(law, where, len(first), failures[0] if failures else "")


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return bool(one.tobytes() == other.tobytes())
    return repr(one) == repr(other)
