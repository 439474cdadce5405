"""What is told of a solve."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class SolveStats:
    """How a solution was come to.

    `gap` is how far the solution may be from the optimum, relative to it: infinite where the time limit came before any
    solution, 0 where nothing had to be solved. `variables` and `constraints` are the size of the program.
    """

    build_s: float
    solve_s: float
    gap: float = 0.0
    variables: int = 0
    constraints: int = 0
