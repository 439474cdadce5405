"""The integer program of the IPA paper (§4.3) as the paper writes it.

    max   α·PAS − β·Σ_s n_s·R_s − δ·Σ_s b_s
    s.t.  Σ_s (l_s + q_s)  ≤  SLO              meet_slo
          n_s·h_s(v, b)    ≥  λ                serve_load       for the variant and batch chosen
          Σ_v I_v  =  1,   Σ_b B_b  =  1       choose_one       for each stage
          n_s integer in 1..max_replicas
          Σ_s n_s·R_s      ≤  total cores      fit_cores        where nodes are bounded

Per stage there is an integer n of replicas, a binary I per variant and a binary B per batch size, and for each pair of
them its conjunction Z = I ∧ B, which latency and throughput depend on. What holds for the chosen pair only is made
conditional by a large constant: n ≥ λ/h·Z, and the cost C ≥ R_v·n − M·(1 − I_v) with M = R_v·max_replicas.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import mip

from ipagym.optimize.by_combination import best_combination
from ipagym.optimize.fallback import solution, without_plan
from ipagym.optimize.options import fewest_replicas
from ipagym.optimize.problem import TOLERANCE, Choice, IpaProblem, Solution, stage_latency_s
from ipagym.optimize.solver import ROW_SCALE, SolverSettings, empty_model, product_of_shares, run, scale_of


@dataclass(frozen=True, slots=True)
class StageVariables:
    """Decision variables of a stage: replicas n, held cores C, I by variant, B by batch, and Z by (variant, batch)."""

    choices: tuple[Choice, ...]
    n: mip.Var
    cores: mip.Var
    variant: dict[str, mip.Var]
    batch: dict[int, mip.Var]
    pair: dict[tuple[str, int], mip.Var]


def solve(problem: IpaProblem, settings: SolverSettings | None = None) -> Solution:
    """The optimal configuration, or the best found within the time; the one of `ipagym.optimize.fallback` where none is
    feasible.

    Raises:
        SolverError: the solver ended without an optimum and without a proof that there is none.
    """
    if problem.accuracy_by_combination:
        return best_combination(problem, lambda each: solve(each, settings))
    started_s, chosen = perf_counter(), settings or SolverSettings()
    model = empty_model(chosen)
    stages = [variables(model, stage, problem) for stage in problem.stages]
    choose_one(model, stages)
    serve_load(model, stages, problem)
    meet_slo(model, stages, problem)
    count_cores(model, stages, problem)
    maximise(model, stages, problem)
    stats = run(model, chosen, started_s)
    if not stats.has_plan:
        return without_plan(problem, stats)
    return solution(problem, [(_chosen(stage), round(stage.n.x)) for stage in stages], stats)


def _chosen(stage: StageVariables) -> Choice:
    def value(choice: Choice) -> float:
        return float(stage.pair[choice.variant, choice.batch].x)

    return max(stage.choices, key=value)


def variables(model: mip.Model, choices: tuple[Choice, ...], problem: IpaProblem) -> StageVariables:
    """The variables of one stage."""
    most = problem.max_replicas * max(choice.cores for choice in choices)
    return StageVariables(
        choices=choices,
        n=model.add_var(var_type=mip.INTEGER, lb=1, ub=problem.max_replicas),
        cores=model.add_var(lb=0, ub=most),
        variant={name: model.add_var(var_type=mip.BINARY) for name in dict.fromkeys(c.variant for c in choices)},
        batch={batch: model.add_var(var_type=mip.BINARY) for batch in dict.fromkeys(c.batch for c in choices)},
        pair={(c.variant, c.batch): model.add_var(var_type=mip.BINARY) for c in choices},
    )


def choose_one(model: mip.Model, stages: Sequence[StageVariables]) -> None:
    """Σ I = 1, Σ B = 1, and Z = I ∧ B; a pair that was not measured cannot be chosen."""
    for stage in stages:
        model += mip.xsum(stage.variant.values()) == 1
        model += mip.xsum(stage.batch.values()) == 1
        model += mip.xsum(stage.pair.values()) == 1
        for (variant, batch), z in stage.pair.items():
            model += z <= stage.variant[variant]
            model += z <= stage.batch[batch]


def serve_load(model: mip.Model, stages: Sequence[StageVariables], problem: IpaProblem) -> None:
    """N ≥ ⌈λ/h⌉·Z, the smallest whole number that n·h ≥ λ allows where Z is 1."""
    for stage in stages:
        for choice in stage.choices:
            needed = min(fewest_replicas(choice, problem.rate_rps), problem.max_replicas + 1)
            model += stage.n >= needed * stage.pair[choice.variant, choice.batch]


def meet_slo(model: mip.Model, stages: Sequence[StageVariables], problem: IpaProblem) -> None:
    """Σ (l + q)·Z ≤ SLO, divided by the SLO and times `ROW_SCALE`; what exceeds it alone cannot be chosen."""
    shares = []
    for choice, z in ((c, s.pair[c.variant, c.batch]) for s in stages for c in s.choices):
        seconds = stage_latency_s(choice, problem.rate_rps)
        if seconds <= problem.allowed_s:
            shares.append(ROW_SCALE * seconds / problem.slo_s * z)
        else:
            model += z <= 0
    model += mip.xsum(shares) <= ROW_SCALE * (1 + TOLERANCE)


def count_cores(model: mip.Model, stages: Sequence[StageVariables], problem: IpaProblem) -> None:
    """C ≥ R_v·n − M·(1 − I_v), and Σ C ≤ cores of all nodes together, where these are bounded."""
    for stage in stages:
        base_cores = {choice.variant: choice.cores for choice in stage.choices}
        for name, is_chosen in stage.variant.items():
            large = base_cores[name] * problem.max_replicas
            model += stage.cores >= base_cores[name] * stage.n - large * (1 - is_chosen)
    if problem.total_cores is not None:
        model += mip.xsum(stage.cores for stage in stages) <= problem.total_cores


def maximise(model: mip.Model, stages: Sequence[StageVariables], problem: IpaProblem) -> None:
    """α·PAS − β·Σ C − δ·Σ b, times what `scale_of` says."""
    weights = problem.objective
    terms = [list({c.variant: (s.variant[c.variant], c.accuracy) for c in s.choices}.values()) for s in stages]
    if problem.accuracy == "product":
        accuracy = product_of_shares(model, terms)
    else:
        accuracy = mip.xsum(a * is_chosen for stage in terms for is_chosen, a in stage)
    cores = mip.xsum(stage.cores for stage in stages)
    batches = mip.xsum(batch * is_chosen for stage in stages for batch, is_chosen in stage.batch.items())
    worth = weights.planned(accuracy, cores, batches)
    model.objective = scale_of(weights.alpha, weights.beta, weights.delta) * worth
