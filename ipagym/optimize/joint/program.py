"""All four knobs at once, with several deployments and cores that are spread over nodes: what none of the papers has.

    max   α·PAS − Σ_s Σ_k cost_k·x_k
    s.t.  Σ_k x_k  =  1                                choose_one      for each stage
          Σ_s Σ_k latency_k·x_k  ≤  SLO − cl_max       meet_slo
          Σ_s Σ_k cores_k·x_k  ≤  total cores          keep_budget     where they are bounded
          Σ_m y_(c,m)  =  Σ_s Σ_k sizes_k(c)·x_k       place           for each number of cores c
          Σ_c c·y_(c,m)  ≤  cores of node m            place           for each node m

A plan k of a stage is one deployment, or two that share its requests, each a (variant, batch, cores) in so many
replicas (`ipagym.optimize.joint.stage_plans`); cost = β·Σ n·c + δ·Σ b. y_(c,m) counts the replicas of c cores on
node m. PAS is the product of the stage accuracies (or their sum), and cl_max the longest that a request was on its way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from time import perf_counter

import mip

from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.pipeline import Pipeline
from ipagym.optimize.fallback import without_plan
from ipagym.optimize.joint.stage_plans import Allowed, StagePlan, choices_on_all_cores, stage_plans
from ipagym.optimize.problem import TOLERANCE, Accuracy, IpaProblem, Plan, Solution, combined_accuracy
from ipagym.optimize.solver import ROW_SCALE, SolverSettings, empty_model, maximise_worth, product_of_shares, run
from ipagym.optimize.stats import SolveStats, proven_infeasible
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective

MAX_DEPLOYMENTS = 2
"""More than two deployments of a stage are allowed by the limits, but not planned for."""

LEAST_SHARE = 1e-3
"""The share of the SLO that is planned with at least: a request that was on its way for longer is late whatever is
decided.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class JointProblem:
    """A pipeline to serve at `rate_rps` within its SLO, of which requests lost up to `network_max_s` on their way."""

    pipeline: Pipeline
    rate_rps: float
    limits: Limits
    objective: Objective
    network_max_s: float = 0.0
    accuracy: Accuracy = "product"

    def __post_init__(self) -> None:
        if not 0 <= self.network_max_s < float("inf"):
            raise InputError(f"network_max_s must be finite and 0 or more, not {self.network_max_s}")
        _ = self.choices

    @property
    def slo_s(self) -> float:
        """The rest of the SLO for the slowest request."""
        return max(self.pipeline.slo_s - self.network_max_s, LEAST_SHARE * self.pipeline.slo_s)

    @property
    def choices(self) -> IpaProblem:
        """The same without sharing and nodes, every number of cores being a choice of its own."""
        return IpaProblem(
            stages=tuple(choices_on_all_cores(i, stage) for i, stage in enumerate(self.pipeline.stages)),
            rate_rps=self.rate_rps,
            slo_s=self.slo_s,
            objective=self.objective,
            max_replicas=self.limits.max_replicas,
            total_cores=self.limits.total_cores,
            accuracy=self.accuracy,
        )


@dataclass(frozen=True, slots=True)
class StageVariables:
    """The plans of a stage and, for each, the binary that says whether it is taken."""

    plans: Sequence[StagePlan]
    taken: Sequence[mip.Var]


def solve(problem: JointProblem, settings: SolverSettings | None = None) -> Solution:
    """The optimal configuration, or the best found within the time; where none is feasible, the one that
    `ipagym.optimize.fallback` finds.

    Raises:
        SolverError: the solver ended without an optimum and without a proof that there is none.
    """
    started_s, chosen = perf_counter(), settings or SolverSettings()
    plans = [_plans(problem, index) for index in range(len(problem.pipeline.stages))]
    if not all(plans):
        return _without_plan(problem, proven_infeasible(started_s))
    model = empty_model(chosen)
    stages = [StageVariables(each, [model.add_var(var_type=mip.BINARY) for _ in each]) for each in plans]
    choose_one(model, stages)
    meet_slo(model, stages, problem)
    keep_budget(model, stages, problem)
    place(model, stages, problem)
    maximise(model, stages, problem)
    stats = run(model, chosen, started_s)
    if not stats.has_plan:
        return _without_plan(problem, stats)
    taken = [_chosen(stage) for stage in stages]
    return Solution(
        configuration=Configuration(tuple(plan.setting for plan in taken)),
        objective=objective_value(problem, taken),
        stats=stats,
    )


def choose_one(model: mip.Model, stages: Sequence[StageVariables]) -> None:
    """Σ_k x_k = 1 in each stage."""
    for stage in stages:
        model += mip.xsum(stage.taken) == 1


def meet_slo(model: mip.Model, stages: Sequence[StageVariables], problem: JointProblem) -> None:
    """Σ latency_k·x_k ≤ SLO − cl_max, divided by the latter and times `ROW_SCALE`."""
    shares = (ROW_SCALE * p.latency_s / problem.slo_s * x for stage in stages for p, x in _both(stage))
    model += mip.xsum(shares) <= ROW_SCALE * (1 + TOLERANCE)


def keep_budget(model: mip.Model, stages: Sequence[StageVariables], problem: JointProblem) -> None:
    """Σ cores_k·x_k ≤ the cores that may be asked for in all, where these are bounded."""
    if problem.limits.total_cores is not None:
        cores = mip.xsum(plan.cores * x for stage in stages for plan, x in _both(stage))
        model += cores <= problem.limits.total_cores


def place(model: mip.Model, stages: Sequence[StageVariables], problem: JointProblem) -> None:
    """Every replica is on a node with room for it, where nodes are bounded."""
    if problem.limits.node_cores is None:
        return
    sizes = sorted({cores for stage in stages for plan in stage.plans for cores in plan.sizes})
    on_node = {
        (cores, node): model.add_var(var_type=mip.INTEGER, lb=0, ub=room // cores)
        for node, room in enumerate(problem.limits.node_cores)
        for cores in sizes
    }
    for cores in sizes:
        needed = mip.xsum(plan.sizes[cores] * x for stage in stages for plan, x in _both(stage))
        model += mip.xsum(y for (size, _), y in on_node.items() if size == cores) == needed
    for node, room in enumerate(problem.limits.node_cores):
        model += mip.xsum(cores * on_node[cores, node] for cores in sizes) <= room


def maximise(model: mip.Model, stages: Sequence[StageVariables], problem: JointProblem) -> None:
    """α·PAS − Σ cost_k·x_k, times what `scale_of` says."""
    if problem.accuracy == "product":
        accuracy = product_of_shares(model, [[(x, plan.accuracy) for plan, x in _both(stage)] for stage in stages])
    else:
        accuracy = mip.xsum(plan.accuracy * x for stage in stages for plan, x in _both(stage))
    cost = mip.xsum(plan.cost * x for stage in stages for plan, x in _both(stage))
    maximise_worth(model, problem.objective, accuracy, cost)


def objective_value(problem: JointProblem, plans: Sequence[StagePlan]) -> float:
    """α·PAS − β·Σ n·c − δ·Σ b of a plan for each stage."""
    accuracy = combined_accuracy([plan.accuracy for plan in plans], problem.accuracy)
    cores, batches = sum(plan.cores for plan in plans), sum(plan.batches for plan in plans)
    return problem.objective.planned(accuracy, cores, batches)


def _plans(problem: JointProblem, index: int) -> list[StagePlan]:
    """The plans of a stage that are within the SLO and the cores by themselves."""
    plans = stage_plans(
        choices_on_all_cores(index, problem.pipeline.stages[index]),
        problem.rate_rps,
        problem.objective,
        Allowed(
            max_replicas=problem.limits.max_replicas,
            max_deployments=min(problem.limits.max_deployments, MAX_DEPLOYMENTS),
            on_nodes=problem.limits.node_cores is not None,
        ),
    )
    total = problem.limits.total_cores
    return [
        plan
        for plan in plans
        if isfinite(plan.latency_s)
        and plan.latency_s <= problem.slo_s * (1 + TOLERANCE)
        and (total is None or plan.cores <= total)
    ]


def _without_plan(problem: JointProblem, stats: SolveStats) -> Solution:
    """The stand-in for an infeasible problem; nothing where no answer came in time."""
    return without_plan(problem.choices, stats, _with_cores)


def _with_cores(plan: Plan) -> Configuration:
    return Configuration(tuple(StageSetting.of(c.variant, n, c.batch, c.cores) for c, n in plan))


def _both(stage: StageVariables) -> list[tuple[StagePlan, mip.Var]]:
    return list(zip(stage.plans, stage.taken, strict=True))


def _chosen(stage: StageVariables) -> StagePlan:
    return max(_both(stage), key=lambda each: float(each[1].x))[0]
