"""A planner whose forecast is multiplied by the factor with the highest reward on training seeds: `tuned:ipa`. It makes
comparisons with optimisers fair: a plan for exactly the forecast load has no margin for errors, and the best margin
depends on the task.
"""

from ipagym.agents.common.planner import Planner
from ipagym.bench.episode import run_episode
from ipagym.bench.storage.findings import found
from ipagym.cluster.sim import ENGINES
from ipagym.forecast.margin import WithMargin
from ipagym.model.agent import Agent
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario
from ipagym.task.splits import TRAIN

FACTORS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6, 2.0)
"""Candidate factors."""

SEEDS = 2
"""Episodes with which a factor is evaluated."""

LIKELY = 3
"""Number of factors evaluated on all episodes: the best on the first episode."""


def tuned_factor(name: str, scenario: Scenario) -> float:
    """The factor of the forecast with which the planner of that name has the highest mean reward in training. The
    result is stored (`ipagym.bench.storage.findings`).

    Raises:
        InputError: the agent is not a planner with its own forecaster.
    """
    return float(found(f"tuned:{name}", scenario, lambda: str(_search(name, scenario))))


def _search(name: str, scenario: Scenario) -> float:
    first = {factor: _reward(name, scenario, factor, TRAIN.first) for factor in FACTORS}
    likely = sorted(FACTORS, key=lambda factor: -first[factor])[:LIKELY]
    others = range(TRAIN.first + 1, TRAIN.first + SEEDS)
    totals = [first[factor] + sum(_reward(name, scenario, factor, seed) for seed in others) for factor in likely]
    return likely[totals.index(max(totals))]


def scaled(name: str, scenario: Scenario, factor: float) -> Agent:
    """The planner of that name, with its forecast multiplied by `factor`.

    Raises:
        InputError: the agent is not a planner with its own forecaster.
    """
    from ipagym.agents import make_agent  # which makes this agent, too

    agent = make_agent(name, scenario)
    if not isinstance(agent, Planner):
        raise InputError(f"tuned needs a planner that forecasts, such as tuned:ipa, not {name}")
    agent.forecaster = WithMargin(agent.forecaster, factor - 1, rounded=float)
    return agent


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the planner, as on the command line (`ipa`, `infadapter`, `ipa:quantile`)."""
    return scaled(argument, scenario, tuned_factor(argument, scenario))


def _reward(name: str, scenario: Scenario, factor: float, seed: int) -> float:
    """The mean reward of a window in one episode."""
    cluster = ENGINES["compiled"](scenario)
    try:
        return float(run_episode(scaled(name, scenario, factor), cluster, scenario, seed).rewards.mean())
    finally:
        cluster.close()
