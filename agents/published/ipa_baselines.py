"""FA2 and RIM as in the IPA paper's comparison: its own program with some knobs fixed (`baseline_mode` in its code).

FA2-low and FA2-high keep the variants, the lightest of each stage or the most accurate but one, and choose replicas and
batch; RIM keeps the replicas and chooses variants and batch. Without a solution, nothing changes. RIM itself (Hu et
al., IoTDI 2021) also admits and places modules by their frame rates; the original of FA2 is in `fa2.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ipagym.agents.common.fleet import OnFleet, load_peak_rps, most_accurate
from ipagym.agents.common.found_cores import explicit_cores, on_found_cores
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.model.window import Window
from ipagym.optimize.frontier.solve import solve
from ipagym.optimize.problem import Choice, IpaProblem, ipa_problem
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario

Hold = Callable[[Stage], str]
"""A function that returns the fixed variant of a stage."""


class FixedVariants:
    """IPA's program over replicas and batch, with the variant that `hold` names for each stage."""

    def __init__(self, hold: Hold, *, objective: Objective) -> None:
        self.hold = hold
        self.objective = objective
        self.forecaster = MovingMaximum()

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far."""
        self._pipeline, self._limits = pipeline, limits
        self._variants = [self.hold(stage) for stage in pipeline.stages]
        self._seen: Pipeline | None = None
        self.forecaster.reset()

    def holds(self, found: Configuration) -> Configuration:
        """The initial configuration with the fixed variants."""
        stages = zip(found.stages, self._variants, strict=True)
        return Configuration(tuple(setting.turned(variant=variant) for setting, variant in stages))

    def decide(self, window: Window) -> Configuration:
        """The optimum for the forecast rate; the fallback of `ipagym.optimize.fallback` where there is none."""
        self.forecaster.observe(window.arrivals_per_s)
        if self._seen is None:
            self._seen = on_found_cores(self._pipeline, window.configuration.first_deployments)
        problem = ipa_problem(self._seen, self.forecaster.predict(), self._limits, self.objective)
        stages = zip(problem.stages, self._variants, strict=True)
        kept = tuple(tuple(c for c in choices if c.variant == variant) for choices, variant in stages)
        found = solve(replace(problem, stages=kept)).configuration
        return window.configuration if found is None else explicit_cores(found, self._seen, self._pipeline)


class FixedReplicas:
    """IPA's program over variants and batch, with the initial replicas."""

    def __init__(self, *, objective: Objective) -> None:
        self.objective = objective
        self.forecaster = MovingMaximum()

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far."""
        self._pipeline, self._limits = pipeline, limits
        self._seen: Pipeline | None = None
        self._numbers: Sequence[int] = ()
        self.forecaster.reset()

    def decide(self, window: Window) -> Configuration:
        """The optimum for the forecast rate; the running configuration if there is none."""
        self.forecaster.observe(window.arrivals_per_s)
        running = window.configuration.first_deployments
        if self._seen is None:
            self._seen = on_found_cores(self._pipeline, running)
            self._numbers = [each.replicas for each in running]
        found = solve(self._problem(self._seen, self.forecaster.predict()))
        if not found.feasible or found.configuration is None:
            return window.configuration
        chosen = zip(found.configuration.stages, self._numbers, strict=True)
        wanted = Configuration(tuple(setting.turned(replicas=number) for setting, number in chosen))
        return explicit_cores(wanted, self._seen, self._pipeline)

    def _problem(self, seen: Pipeline, rate_rps: float) -> IpaProblem:
        """The problem with all replicas of a stage combined into one."""
        whole_problem = ipa_problem(seen, rate_rps, self._limits, self.objective)
        stages = zip(whole_problem.stages, self._numbers, strict=True)
        together = tuple(tuple(_times(choice, number) for choice in choices) for choices, number in stages)
        return replace(whole_problem, stages=together, max_replicas=1)


def _times(choice: Choice, number: int) -> Choice:
    return replace(choice, throughput_rps=number * choice.throughput_rps, cores=number * choice.cores)


def lightest(stage: Stage) -> str:
    """The variant of FA2-low."""
    return stage.lightest.name


def heavy(stage: Stage) -> str:
    """The variant of FA2-high: the most accurate but one."""
    by_accuracy = sorted(stage.variants, key=lambda variant: variant.accuracy)
    return by_accuracy[max(0, len(by_accuracy) - 2)].name


def make_fa2_low(scenario: Scenario, argument: str = "") -> Agent:
    """The lightest variants."""
    return FixedVariants(lightest, objective=scenario.objective)


def make_fa2_high(scenario: Scenario, argument: str = "") -> Agent:
    """The most accurate variants but one."""
    return FixedVariants(heavy, objective=scenario.objective)


def make_rim(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument; has replicas that carry the load's peak with the most accurate variants, `rim@n=3` three."""
    return OnFleet(FixedReplicas(objective=scenario.objective), most_accurate, load_peak_rps(scenario))
