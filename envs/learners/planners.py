"""The optimisers of the papers as functions from a load to a configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ipagym.model.configuration import Configuration, Limits
from ipagym.model.knobs import CORES, MIX, VARIANT, is_a_set, open_knobs
from ipagym.model.pipeline import Pipeline
from ipagym.optimize.infadapter.candidates import budget_of, candidate_of, plan_of
from ipagym.optimize.infadapter.program import InfAdapterProblem
from ipagym.optimize.infadapter.program import solve as solve_infadapter
from ipagym.optimize.ipa.program import solve as solve_ipa
from ipagym.optimize.joint.program import JointProblem
from ipagym.optimize.joint.program import solve as solve_joint
from ipagym.optimize.problem import ipa_problem
from ipagym.system.errors import SolverError
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanProblem:
    """The inputs of a plan other than the load."""

    pipeline: Pipeline
    limits: Limits
    objective: Objective

    @classmethod
    def of(cls, scenario: Scenario) -> "PlanProblem":
        """The planning problem of a scenario."""
        return cls(pipeline=scenario.pipeline, limits=scenario.limits, objective=scenario.objective)


Planner = Callable[[PlanProblem, float, float], Configuration]
"""A function of the problem, the rate in requests per second and the longest network delay in seconds."""


def ipa(problem: PlanProblem, rate_rps: float, network_max_s: float) -> Configuration:
    """IPA's plan: variant, replicas and batch of every stage. It ignores the network."""
    solution = solve_ipa(ipa_problem(problem.pipeline, rate_rps, problem.limits, problem.objective))
    return _planned(solution.configuration)


def joint(problem: PlanProblem, rate_rps: float, network_max_s: float) -> Configuration:
    """The plan of all four knobs, within the nodes and the part of the SLO that the network leaves."""
    asked = JointProblem(
        pipeline=problem.pipeline,
        rate_rps=rate_rps,
        limits=problem.limits,
        objective=problem.objective,
        network_max_s=network_max_s,
    )
    return _planned(solve_joint(asked).configuration)


def infadapter(problem: PlanProblem, rate_rps: float, network_max_s: float) -> Configuration:
    """InfAdapter's cores for a set of variants, as if none were running. It ignores the network."""
    stage, objective = problem.pipeline.stages[0], problem.objective
    asked = InfAdapterProblem(
        candidates=tuple(map(candidate_of, stage.variants)),
        rate_rps=rate_rps,
        budget=budget_of(problem.limits),
        alpha=objective.alpha,
        beta=objective.beta,
        gamma=objective.gamma,
        previous={},
    )
    return plan_of(solve_infadapter(asked), stage)


PLANNERS: Mapping[str, Planner] = {"ipa": ipa, "joint": joint, "infadapter": infadapter}


def usual_planner(pipeline: Pipeline, limits: Limits) -> str:
    """The planner that sets all the open knobs."""
    knobs = open_knobs(pipeline.stages, limits)
    if is_a_set(pipeline.stages, limits):
        return "infadapter"
    return "joint" if {CORES.name, MIX} & knobs or VARIANT.name not in knobs else "ipa"


def _planned(found: Configuration | None) -> Configuration:
    if found is None:
        raise SolverError("the solver stopped without a plan")
    return found
