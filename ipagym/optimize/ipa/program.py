"""The integer program of the IPA paper (§4.3) in its reduced form: one multiple choice per stage.

    max   α·PAS − Σ_s Σ_k cost_k·x_k
    s.t.  Σ_k x_k  =  1                        choose_one       for each stage
          Σ_s Σ_k (l_k + q_k)·x_k  ≤  SLO      meet_slo
          Σ_s Σ_k cores_k·x_k  ≤  total cores  fit_cores        where nodes are bounded

An option k is one (variant, batch) in the fewest replicas that carry the load, as `ipagym.optimize.options` has them:
cost = β·n·R + δ·b, cores = n·R. Options that no optimum can hold are left out (`ipagym.optimize.ipa.presolve`). PAS
is the product or the sum of the stage accuracies; the product is linearised by `product_of_shares`.
`ipagym.optimize.ipa.paper` has the program as the paper writes it; the optimum is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import mip
import numpy as np

from ipagym.optimize.by_combination import best_combination
from ipagym.optimize.fallback import solution, without_plan
from ipagym.optimize.ipa.presolve import promising_options
from ipagym.optimize.options import Options, plan_of, undominated_options
from ipagym.optimize.problem import TOLERANCE, IpaProblem, Solution
from ipagym.optimize.solver import ROW_SCALE, SolverSettings, empty_model, maximise_worth, product_of_shares, run
from ipagym.optimize.stats import proven_infeasible


@dataclass(frozen=True, slots=True)
class StageChoice:
    """The options of a stage and, for each, the binary that says whether it is taken."""

    options: Options
    taken: Sequence[mip.Var]


def solve(problem: IpaProblem, settings: SolverSettings | None = None) -> Solution:
    """The optimal configuration, or the best found within the time; the one of `ipagym.optimize.fallback` where none is
    feasible.

    Raises:
        SolverError: the solver ended without an optimum and without a proof that there is none.
    """
    if problem.accuracy_by_combination:
        return best_combination(problem, lambda each: solve(each, settings))
    started_s = perf_counter()
    options = undominated_options(problem)
    if not all(len(stage.choices) for stage in options):
        return without_plan(problem, proven_infeasible(started_s))
    return solve_options(problem, promising_options(problem, options), settings, started_s=started_s)


def solve_options(
    problem: IpaProblem, options: tuple[Options, ...], settings: SolverSettings | None = None, *, started_s: float
) -> Solution:
    """The program above over these options; `started_s` is when their making began, in the clock's seconds."""
    chosen = settings or SolverSettings()
    model = empty_model(chosen)
    stages = [StageChoice(stage, [model.add_var(var_type=mip.BINARY) for _ in stage.choices]) for stage in options]
    build(model, stages, problem)
    stats = run(model, chosen, started_s)
    if not stats.has_plan:
        return without_plan(problem, stats)
    picks = np.array([np.argmax([taken.x for taken in stage.taken]) for stage in stages])
    return solution(problem, plan_of(options, picks), stats)


def build(model: mip.Model, stages: Sequence[StageChoice], problem: IpaProblem) -> None:
    """Fill the model with the program above."""
    choose_one(model, stages)
    meet_slo(model, stages, problem)
    fit_cores(model, stages, problem)
    maximise(model, stages, problem)


def choose_one(model: mip.Model, stages: Sequence[StageChoice]) -> None:
    """Σ_k x_k = 1 in each stage."""
    for stage in stages:
        model += mip.xsum(stage.taken) == 1


def meet_slo(model: mip.Model, stages: Sequence[StageChoice], problem: IpaProblem) -> None:
    """Σ (l_k + q_k)·x_k ≤ SLO, divided by the SLO and times `ROW_SCALE`."""
    shares = (total(ROW_SCALE * stage.options.latency_s / problem.slo_s, stage) for stage in stages)
    model += mip.xsum(shares) <= ROW_SCALE * (1 + TOLERANCE)


def fit_cores(model: mip.Model, stages: Sequence[StageChoice], problem: IpaProblem) -> None:
    """Σ cores_k·x_k ≤ cores of all nodes together, where these are bounded."""
    if problem.total_cores is not None:
        model += mip.xsum(total(stage.options.cores, stage) for stage in stages) <= problem.total_cores


def maximise(model: mip.Model, stages: Sequence[StageChoice], problem: IpaProblem) -> None:
    """α·PAS − Σ cost_k·x_k, times what `scale_of` says."""
    accuracy = accuracy_product(model, stages) if problem.accuracy == "product" else accuracy_sum(stages)
    cost = mip.xsum(total(stage.options.cost, stage) for stage in stages)
    maximise_worth(model, problem.objective, accuracy, cost)


def accuracy_sum(stages: Sequence[StageChoice]) -> mip.LinExpr:
    """PAS as the sum of the stage accuracies."""
    return mip.xsum(total(stage.options.accuracy, stage) for stage in stages)


def accuracy_product(model: mip.Model, stages: Sequence[StageChoice]) -> mip.LinExpr:
    """PAS as the product of the stage accuracies; options of one accuracy share a variable."""
    alternatives = []
    for stage in stages:
        by_accuracy: dict[float, list[mip.Var]] = {}
        for accuracy, taken in zip(stage.options.accuracy.tolist(), stage.taken, strict=True):
            by_accuracy.setdefault(accuracy, []).append(taken)
        alternatives.append([(mip.xsum(taken), accuracy) for accuracy, taken in by_accuracy.items()])
    return product_of_shares(model, alternatives)


def total(values: np.ndarray, stage: StageChoice) -> mip.LinExpr:
    """Σ_k value_k·x_k of a stage."""
    return mip.xsum(float(value) * taken for value, taken in zip(values, stage.taken, strict=True))
