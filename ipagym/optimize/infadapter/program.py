"""The integer program of InfAdapter (EuroMLSys 2023, arXiv 2304.10892): cores for a set of variants at once.

    max   α·AA − (β·RC + γ·LC)
    s.t.  Σ_v l_v  =  λ                        share_load      all requests are shared out
          l_v  ≤  th_v(n_v)                    share_load      no variant gets more than it can carry
          RC = Σ_v n_v  ≤  B                   keep_budget
          n_v in {0} ∪ [least, most]           choose_cores
          LC  ≥  t_v  where n_v is neither 0 nor as before     load_models

with AA = Σ_v (l_v/λ)·a_v, the accuracy averaged over requests, and LC the longest loading time among the variants that
are created or get other cores; to remove a variant is free. The latency constraint p_v(n_v) ≤ L of the paper is in th:
the capacity of a variant is what it serves within the SLO. One binary x_(v,n) stands for each number of cores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite, nan
from time import perf_counter

import mip

from ipagym.optimize.problem import TOLERANCE
from ipagym.optimize.solver import ROW_SCALE, SolverSettings, empty_model, run, scale_of
from ipagym.optimize.stats import Solved, SolveStats, Status
from ipagym.system.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A variant that may run: accuracy a, loading time t in seconds, and th, requests per second by number of cores."""

    name: str
    accuracy: float
    load_s: float
    capacity_rps: Mapping[int, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class InfAdapterProblem:
    """The load, the candidates that may serve it, and the weights of the objective.

    `budget` is B in cores; `previous` holds the cores of each variant that runs now. α weighs accuracy (0..1), β a
    core, γ a second of loading. (The released code divides RC by 20 and LC by 8.52 s before it weighs them.)
    """

    candidates: tuple[Candidate, ...]
    rate_rps: float
    budget: int
    alpha: float = 1.0
    beta: float = 0.05 / 20
    gamma: float = 0.001 / 8.52
    previous: Mapping[str, int]

    def __post_init__(self) -> None:
        if not self.candidates or not all(candidate.capacity_rps for candidate in self.candidates):
            raise InputError("InfAdapter's problem needs variants, each with a capacity on some number of cores")
        if not (isfinite(self.rate_rps) and self.rate_rps >= 0):
            raise InputError(f"rate_rps must be finite and 0 or more, not {self.rate_rps}")
        if self.budget < min(min(candidate.capacity_rps) for candidate in self.candidates):
            raise InputError(f"budget must have room for one variant, not {self.budget} cores")


Allocation = Mapping[str, int]
"""Cores by variant, for those that run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InfAdapterSolution(Solved):
    """Cores and share of the requests (quota/λ) of each variant that runs, the objective, and how it was come to.

    Where it is proven that no allocation within the budget carries the load, the one that carries most stands in. Where
    no answer came in time nothing is allocated, and the objective is not a number.
    """

    cores: Allocation
    share: Mapping[str, float]
    objective: float


def solve(problem: InfAdapterProblem, settings: SolverSettings | None = None) -> InfAdapterSolution:
    """The optimal allocation, or the best found within the time; the one that carries most of the load where none
    carries it all.

    Solvers keep constraints, and whole numbers whole, to about one in a million only. An allocation that falls short of
    the load by that is ruled out, and the program is solved again; the time limit holds for each time.

    Raises:
        SolverError: the solver ended without an optimum and without a proof that there is none.
    """
    started_s, chosen = perf_counter(), settings or SolverSettings()
    model = empty_model(chosen)
    taken = choose_cores(model, problem)
    quota = share_load(model, taken, problem)
    longest_s = load_models(model, taken, problem)
    cores = mip.xsum(n * x for _, n, x in _all(taken, problem))
    keep_budget(model, cores, problem)
    accuracy = mip.xsum(c.accuracy * q for c, q in zip(problem.candidates, quota, strict=True))
    worth = problem.alpha * accuracy - problem.beta * cores - problem.gamma * longest_s
    model.objective = scale_of(problem.alpha, problem.beta, problem.gamma) * worth
    while (stats := run(model, chosen, started_s)).has_plan:
        cores_taken = {c.name: n for c, n, x in _all(taken, problem) if x.x > 0.5}
        if carries(problem, cores_taken):
            return answer(problem, cores_taken, stats)
        rule_out(model, taken, problem, cores_taken)
    if stats.status is Status.NO_ANSWER:
        return InfAdapterSolution(cores={}, share={}, objective=nan, stats=stats)
    return most_capacity(problem, stats)


def carries(problem: InfAdapterProblem, cores: Allocation) -> bool:
    """Σ th_v(n_v) ≥ λ, to nine digits."""
    capacity_rps = sum(c.capacity_rps[cores[c.name]] for c in problem.candidates if c.name in cores)
    return capacity_rps >= problem.rate_rps * (1 - TOLERANCE)


def choose_cores(model: mip.Model, problem: InfAdapterProblem) -> list[dict[int, mip.Var]]:
    """One binary for each number of cores of each variant: at most one of a variant is 1, and one in all at least."""
    taken = [
        {n: model.add_var(var_type=mip.BINARY) for n in candidate.capacity_rps} for candidate in problem.candidates
    ]
    for by_cores in taken:
        model += mip.xsum(by_cores.values()) <= 1
    model += mip.xsum(x for by_cores in taken for x in by_cores.values()) >= 1
    return taken


def share_load(model: mip.Model, taken: Sequence[dict[int, mip.Var]], problem: InfAdapterProblem) -> list[mip.Var]:
    """l_v / λ of each variant: they sum to 1, none exceeds th_v(n_v) / λ (times `ROW_SCALE`); without load there is
    nothing to carry.
    """
    rate = problem.rate_rps
    quota = [model.add_var(lb=0, ub=1) for _ in taken]
    model += ROW_SCALE * mip.xsum(quota) == ROW_SCALE
    for candidate, by_cores, share in zip(problem.candidates, taken, quota, strict=True):
        carried = {n: min(1.0, th / rate) if rate > 0 else 1.0 for n, th in candidate.capacity_rps.items()}
        model += ROW_SCALE * share <= mip.xsum(ROW_SCALE * carried[n] * x for n, x in by_cores.items())
    return quota


def load_models(model: mip.Model, taken: Sequence[dict[int, mip.Var]], problem: InfAdapterProblem) -> mip.Var:
    """LC ≥ t_v · [n_v is neither 0 nor as before]."""
    longest_s = model.add_var(lb=0)
    for candidate, by_cores in zip(problem.candidates, taken, strict=True):
        before = problem.previous.get(candidate.name)
        model += longest_s >= candidate.load_s * mip.xsum(x for n, x in by_cores.items() if n != before)
    return longest_s


def keep_budget(model: mip.Model, cores: mip.LinExpr, problem: InfAdapterProblem) -> None:
    """RC ≤ B."""
    model += cores <= problem.budget


def rule_out(
    model: mip.Model, taken: Sequence[dict[int, mip.Var]], problem: InfAdapterProblem, cores: Allocation
) -> None:
    """Σ over what this allocation takes of (1 − x) + Σ over the rest of x ≥ 1."""
    model += mip.xsum(1 - x if cores.get(c.name) == n else x for c, n, x in _all(taken, problem)) >= 1


def objective_value(problem: InfAdapterProblem, cores: Allocation) -> float:
    """α·AA − (β·RC + γ·LC) of an allocation."""
    share = shares(problem, cores)
    accuracy = sum(c.accuracy * share.get(c.name, 0.0) for c in problem.candidates)
    made = [c for c in problem.candidates if c.name in cores and cores[c.name] != problem.previous.get(c.name)]
    longest_s = max((candidate.load_s for candidate in made), default=0.0)
    return problem.alpha * accuracy - problem.beta * sum(cores.values()) - problem.gamma * longest_s


def shares(problem: InfAdapterProblem, cores: Allocation) -> dict[str, float]:
    """l_v / λ: the most accurate variants are filled first. What no capacity is left for goes to the last one."""
    left, share = 1.0, {}
    running = sorted((c for c in problem.candidates if c.name in cores), key=lambda c: -c.accuracy)
    for candidate in running:
        capacity = candidate.capacity_rps[cores[candidate.name]]
        share[candidate.name] = min(left, capacity / problem.rate_rps if problem.rate_rps > 0 else 1.0)
        left -= share[candidate.name]
    share[running[-1].name] += left
    return share


def answer(problem: InfAdapterProblem, cores: Allocation, stats: SolveStats) -> InfAdapterSolution:
    """The solution that an allocation stands for; variants that get no requests are left out."""
    share = {name: part for name, part in shares(problem, cores).items() if part > 0}
    used = {name: cores[name] for name in share}
    return InfAdapterSolution(cores=used, share=share, objective=objective_value(problem, used), stats=stats)


def most_capacity(problem: InfAdapterProblem, stats: SolveStats) -> InfAdapterSolution:
    """The allocation within the budget that carries most, then the one of fewest cores: what the released code's
    fallback (its lightest variant on all cores) amounts to.
    """
    best: dict[int, tuple[float, dict[str, int]]] = {0: (0.0, {})}
    for candidate in problem.candidates:
        for (used, (carried, cores)), (n, capacity) in product(list(best.items()), candidate.capacity_rps.items()):
            total = used + n
            if total <= problem.budget and carried + capacity > best.get(total, (-1.0, {}))[0]:
                best[total] = (carried + capacity, {**cores, candidate.name: n})
    del best[0]
    used = max(best, key=lambda total: (best[total][0], -total))
    return answer(problem, best[used][1], stats)


def _all(taken: Sequence[dict[int, mip.Var]], problem: InfAdapterProblem) -> list[tuple[Candidate, int, mip.Var]]:
    return [(c, n, x) for c, by_cores in zip(problem.candidates, taken, strict=True) for n, x in by_cores.items()]
