"""The whole suite: what is to be looked at, cut into tasks that run in several processes."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil

import numpy as np

from ipagym.cluster.sim.engine import Engine
from ipagym.system.processes import as_they_finish
from ipagym.task.scenario import Scenario
from ipagym.verification import ciw_peer
from ipagym.verification.check import Check
from ipagym.verification.compare_theory import Row, measure, rows
from ipagym.verification.effects import Effect, changes, effects
from ipagym.verification.effort import Effort
from ipagym.verification.excerpt import Subject, excerpt, whole
from ipagym.verification.families import all_models
from ipagym.verification.metamorphic import RELATIONS
from ipagym.verification.model import Model
from ipagym.verification.paths import check_paths, check_standing, difference, walk
from ipagym.verification.reproducible import REPRODUCIBLE
from ipagym.verification.stress_scenarios import all_scenarios

Item = Row | Check | Effect
Found = Sequence[Item]
Task = Callable[[], Found]

CIW = "Ciw"
EXACT_REQUESTS = 1_000
"""Requests of each model that the engines are compared on."""

SHORTEST_RUN_S = 100
"""Seconds of a run against theory at least: some periods of every load, and some requests."""

BUSY = "several deployments, with faults"


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The findings: means against theory, laws, and effects of decisions; and what was left out, in words."""

    rows: list[Row] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    left_out: tuple[str, ...] = ()

    @property
    def failures(self) -> list[Item]:
        """Everything that does not hold; what a peer says does not count."""
        own: list[Item] = [row for row in self.rows if row.engine != CIW]
        return [found for found in [*own, *self.checks, *self.effects] if not found.passed]


def verify(
    engines: Mapping[str, Engine],
    effort: Effort,
    *,
    scenario: Scenario | None = None,
    seed0: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Check the engines, the first of which is the fast one; with a scenario, check them on that only.

    Of a scenario no more is looked at than the effort's bounds allow. Seeds count from `seed0`. More than one of
    `workers` means processes. `progress` is called with tasks done and all tasks.
    """
    left_out: tuple[str, ...] = ()
    if scenario is None:
        tasks = _suite(engines, effort, seed0)
    else:
        subject = excerpt(scenario, scenario.pipeline.name, effort.bounds, seed0)
        tasks = [
            *_scenario_tasks(subject, engines, range(seed0, seed0 + effort.seeds)),
            partial(_effects, scenario, subject.name, engines, seed=seed0, most=effort.bounds.changes),
        ]
        left_out = (*subject.left_out, *_effects_left_out(scenario, effort.bounds.changes))
    found: dict[int, Found] = {}
    for number, each in as_they_finish(tasks, min(workers, os.cpu_count() or 1)):
        found[number] = each
        progress(len(found), len(tasks))
    return _report([item for number in sorted(found) for item in found[number]], left_out)


def _suite(engines: Mapping[str, Engine], effort: Effort, seed0: int) -> list[Task]:
    seeds = range(seed0, seed0 + effort.seeds)
    scenarios = all_scenarios(effort.path_s)
    return [
        *_theory_tasks(engines, effort, seed0),
        partial(_agreement, engines, seed0),
        *(task for name, each in scenarios.items() for task in _path_tasks(whole(each, name), engines, seeds)),
        *(partial(_relation, law, engines, seeds) for law in RELATIONS),
        *(partial(_reproducible, law, whole(scenarios[BUSY], BUSY), engines, seeds) for law in REPRODUCIBLE),
        *(partial(_effects, scenarios[name], name, engines, seed=seed0) for name in ("chain", "fork and join")),
    ]


def _scenario_tasks(subject: Subject, engines: Mapping[str, Engine], seeds: Sequence[int]) -> list[Task]:
    return [
        *_path_tasks(subject, engines, seeds),
        *(partial(_reproducible, law, subject, engines, seeds) for law in REPRODUCIBLE),
    ]


def _effects_left_out(scenario: Scenario, most: int) -> list[str]:
    known = len(changes(scenario))
    return [f"{most} instead of {known} effects of a change of one knob"] if known > most else []


def _path_tasks(subject: Subject, engines: Mapping[str, Engine], seeds: Sequence[int]) -> list[Task]:
    return [partial(check, subject, engines, seeds) for check in (check_paths, check_standing)]


def _theory_tasks(engines: Mapping[str, Engine], effort: Effort, seed0: int) -> Iterator[Task]:
    """The longest first: they would keep one process busy at the end."""
    seeds = range(seed0, seed0 + effort.runs)
    for number in sorted(range(len(all_models())), key=lambda i: -all_models()[i].requests):
        for order, (name, engine) in enumerate(engines.items()):
            if share := effort.slow_share if order else effort.share:
                yield partial(_theory, number, (name, engine, share), effort, seeds)
        if effort.peer_requests and ciw_peer.is_installed() and ciw_peer.knows(all_models()[number]):
            yield partial(_peer, number, effort, seeds)


def _theory(number: int, engine: tuple[str, Engine, float], effort: Effort, seeds: Sequence[int]) -> Found:
    model, (name, simulator, share) = all_models()[number], engine
    values = measure(model, simulator, seeds, max(SHORTEST_RUN_S, ceil(share * model.seconds)))
    return rows(model, name, values, effort.largest_error if share == effort.share else np.inf)


def _peer(number: int, effort: Effort, seeds: Sequence[int]) -> Found:
    model = all_models()[number]
    seconds = max(SHORTEST_RUN_S, ceil(effort.peer_requests * model.seconds / model.requests))
    runs = [ciw_peer.observe(model, seed, seconds) for seed in seeds]
    return rows(model, CIW, np.array([[q.measure(run) for q in model.quantities] for run in runs]), np.inf)


def _agreement(engines: Mapping[str, Engine], seed: int) -> Found:
    """True where the engines give the same requests in every model of the theory, to the bit."""
    failures = [failure for model in all_models() if (failure := _disagreement(model, engines, seed))]
    law = "the engines give the same requests and windows, to the bit"
    return [Check(law, "models of theory", len(all_models()), failures[0] if failures else "")]


def _disagreement(model: Model, engines: Mapping[str, Engine], seed: int) -> str:
    chosen = model.scenario(max(4, ceil(EXACT_REQUESTS * model.seconds / model.requests)))
    decisions = [chosen.initial] * chosen.windows
    first, *others = (walk(chosen, engine, decisions, seed) for engine in engines.values())
    different = [found for other in others if (found := difference(first, other))]
    return f"{model.name}: {different[0]} differ" if different else ""


def _relation(law: str, engines: Mapping[str, Engine], seeds: Sequence[int]) -> Found:
    return [_held(law, name, [RELATIONS[law](engine, seed) for seed in seeds]) for name, engine in engines.items()]


def _reproducible(law: str, subject: Subject, engines: Mapping[str, Engine], seeds: Sequence[int]) -> Found:
    holds = REPRODUCIBLE[law]
    return [_held(law, name, [holds(subject, engine, seed) for seed in seeds]) for name, engine in engines.items()]


def _held(law: str, where: str, outcomes: Sequence[str]) -> Check:
    return Check(law, where, len(outcomes), next((outcome for outcome in outcomes if outcome), ""))


def _effects(
    scenario: Scenario, name: str, engines: Mapping[str, Engine], *, seed: int, most: int | None = None
) -> Found:
    return [effect for each in engines.items() for effect in effects(scenario, name, each, seed=seed, most=most)]


def _report(found: Sequence[Item], left_out: tuple[str, ...]) -> Report:
    return Report(
        left_out=left_out,
        rows=[item for item in found if isinstance(item, Row)],
        checks=[item for item in found if isinstance(item, Check)],
        effects=[item for item in found if isinstance(item, Effect)],
    )
