"""A policy compared with rules without learning: the best fixed factor of the forecast, and the best constant.

The episodes are those of `ipagym compare` with the same seeds, and many of them run at once.
"""

import numpy as np
from numpy.typing import NDArray

from ipagym.agents.learned.policy_file import read_policy
from ipagym.agents.learned.validation import Decide, mean_rewards, view_of_many
from ipagym.agents.learned.zoo import zoo_path
from ipagym.agents.simple.best_constant import best_constant
from ipagym.bench.comparison.confidence import half_width
from ipagym.envs.codec import Codec
from ipagym.envs.learners.plan_edits import FACTORS
from ipagym.envs.learners.view import ViewSettings
from ipagym.envs.scenarios import make_scenario
from ipagym.task.scenario import Scenario
from ipagym.task.splits import TEST, VALIDATION, Seeds

EPISODES = 20

Floats = NDArray[np.float64]


def check(name: str, load: str | None) -> list[str]:
    """Lines of a table: mean reward per window of each, and the paired differences from the policy, with 95 %
    intervals.
    """
    policy = read_policy(zoo_path(name))
    scenario = make_scenario(policy.card.scenario, load)
    own = _rewards(scenario, policy.card.view, policy.actions, TEST)
    found = {"best constant (`static:best`)": _constant(scenario)} | _by_factor(scenario)
    lines = [f"| {load or 'own'} | zoo:{name} | {own.mean():.3f} ± {half_width(own.tolist()):.3f} | |"]
    for rival, rewards in found.items():
        apart = own - rewards
        more = f"{apart.mean():+.3f} ± {half_width(apart.tolist()):.3f}"
        lines.append(f"| {load or 'own'} | {rival} | {rewards.mean():.3f} | {more} |")
    return [line.replace(" -", " −") for line in lines]


def _by_factor(scenario: Scenario) -> dict[str, Floats]:
    """Rewards of the plan for the forecast itself, and for the factor that is best on validation."""
    settings = ViewSettings(observation="plain")

    def of(k: int, seeds: Seeds) -> Floats:
        return _rewards(scenario, settings, lambda shown: np.full((len(shown), 1), k), seeds)

    tuned = int(np.argmax([of(k, VALIDATION).mean() for k in range(len(FACTORS))]))
    itself = FACTORS.tolist().index(1.0)
    return {
        "the plan for the forecast": of(itself, TEST),
        f"the plan for {FACTORS[tuned]:g} of the forecast, tuned on validation": of(tuned, TEST),
    }


def _constant(scenario: Scenario) -> Floats:
    action = Codec(scenario.pipeline, scenario.limits).encode(best_constant(scenario))
    settings = ViewSettings(action="knobs", observation="plain")
    return _rewards(scenario, settings, lambda shown: np.tile(action, (len(shown), 1)), TEST)


def _rewards(scenario: Scenario, settings: ViewSettings, decide: Decide, seeds: Seeds) -> Floats:
    """The mean reward per window of each of the first episodes."""
    env = view_of_many(scenario, EPISODES, settings)
    return mean_rewards(env, decide, [seeds.first + k for k in range(EPISODES)])
