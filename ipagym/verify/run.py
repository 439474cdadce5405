"""The whole suite: what is to be looked at, cut into tasks that run in several processes."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil

import numpy as np

from ipagym.bench.processes import as_they_finish
from ipagym.scenario import Scenario
from ipagym.verify import ciw_peer
from ipagym.verify.check import Check
from ipagym.verify.compare_theory import Row, measure, rows
from ipagym.verify.couplings import COUPLINGS
from ipagym.verify.effects import Effect, effects
from ipagym.verify.effort import Effort
from ipagym.verify.families import all_models
from ipagym.verify.gauntlet import all_scenarios
from ipagym.verify.model import Model
from ipagym.verify.paths import Engine, check_paths, check_standing, difference, walk
from ipagym.verify.reproducible import REPRODUCIBLE

Item = Row | Check | Effect
Found = Sequence[Item]
Task = Callable[[], Found]

CIW = "Ciw"
EXACT_REQUESTS = 1_000
"""Requests of each model that the engines are compared on."""

BUSY = "several deployments, with faults"


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was found: means against theory, laws, and effects of decisions."""

    rows: list[Row] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

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

    Seeds count from `seed0`. More than one of `workers` means processes. `progress` is called with tasks done and all
    tasks.
    """
    seeds = range(seed0, seed0 + effort.seeds)
    if scenario is None:
        tasks = _suite(engines, effort, seed0)
    else:
        tasks = _scenario_tasks(scenario, scenario.pipeline.name, engines, seeds)
    found: dict[int, Found] = {}
    for number, each in as_they_finish(tasks, min(workers, os.cpu_count() or 1)):
        found[number] = each
        progress(len(found), len(tasks))
    return _report([item for number in sorted(found) for item in found[number]])


def _suite(engines: Mapping[str, Engine], effort: Effort, seed0: int) -> list[Task]:
    seeds = range(seed0, seed0 + effort.seeds)
    scenarios = all_scenarios(effort.path_s)
    return [
        *_theory_tasks(engines, effort, seed0),
        partial(_agreement, engines, seed0),
        *(task for name, each in scenarios.items() for task in _path_tasks(each, name, engines, seeds)),
        *(partial(_coupling, law, engines, seeds) for law in COUPLINGS),
        *(partial(_reproducible, law, scenarios[BUSY], engines, seeds) for law in REPRODUCIBLE),
        *(partial(_effects, scenarios[name], name, engines, seed0) for name in ("chain", "fork and join")),
    ]


def _scenario_tasks(scenario: Scenario, name: str, engines: Mapping[str, Engine], seeds: Sequence[int]) -> list[Task]:
    return [
        *_path_tasks(scenario, name, engines, seeds),
        *(partial(_reproducible, law, scenario, engines, seeds) for law in REPRODUCIBLE),
        partial(_effects, scenario, name, engines, seeds[0]),
    ]


def _path_tasks(scenario: Scenario, name: str, engines: Mapping[str, Engine], seeds: Sequence[int]) -> list[Task]:
    return [partial(check, scenario, name, engines, seeds) for check in (check_paths, check_standing)]


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
    values = measure(model, simulator, seeds, max(2, ceil(share * model.seconds)))
    return rows(model, name, values, effort.largest_error if share == effort.share else np.inf)


def _peer(number: int, effort: Effort, seeds: Sequence[int]) -> Found:
    model = all_models()[number]
    seconds = ceil(effort.peer_requests * model.seconds / model.requests)
    runs = [ciw_peer.observe(model, seed, seconds) for seed in seeds]
    return rows(model, CIW, np.array([[q.measure(run) for q in model.quantities] for run in runs]), np.inf)


def _agreement(engines: Mapping[str, Engine], seed: int) -> Found:
    """Whether the engines give the same requests in every model of the theory, to the bit."""
    failures = [failure for model in all_models() if (failure := _disagreement(model, engines, seed))]
    law = "the engines give the same requests and windows, to the bit"
    return [Check(law, "models of theory", len(all_models()), failures[0] if failures else "")]


def _disagreement(model: Model, engines: Mapping[str, Engine], seed: int) -> str:
    chosen = model.scenario(max(4, ceil(EXACT_REQUESTS * model.seconds / model.requests)))
    first, *others = (walk(chosen, engine, [chosen.initial] * 2, seed) for engine in engines.values())
    different = [found for other in others if (found := difference(first, other))]
    return f"{model.name}: {different[0]} differ" if different else ""


def _coupling(law: str, engines: Mapping[str, Engine], seeds: Sequence[int]) -> Found:
    return [_held(law, name, [COUPLINGS[law](engine, seed) for seed in seeds]) for name, engine in engines.items()]


def _reproducible(law: str, scenario: Scenario, engines: Mapping[str, Engine], seeds: Sequence[int]) -> Found:
    holds = REPRODUCIBLE[law]
    return [
        _held(law, name, [holds(scenario, engine, seed) for seed in seeds]) for name, engine in engines.items()
    ]  # fmt: skip


def _held(law: str, where: str, outcomes: Sequence[str]) -> Check:
    return Check(law, where, len(outcomes), next((outcome for outcome in outcomes if outcome), ""))


def _effects(scenario: Scenario, name: str, engines: Mapping[str, Engine], seed: int) -> Found:
    return [effect for each in engines.items() for effect in effects(scenario, name, each, seed)]


def _report(found: Sequence[Item]) -> Report:
    return Report(
        rows=[item for item in found if isinstance(item, Row)],
        checks=[item for item in found if isinstance(item, Check)],
        effects=[item for item in found if isinstance(item, Effect)],
    )
