"""PPO of stable-baselines3, and the parts that its variants in sb3-contrib share."""

from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from ipagym.agents.learned.algorithms.action_forms import by_head
from ipagym.agents.learned.algorithms.algorithm import Algorithm, Layers, layers_of, linear_names
from ipagym.agents.learned.callbacks import Entropy, at
from ipagym.agents.learned.recipe_fields import PpoRecipe
from ipagym.agents.learned.training_env import TrainingVecEnv
from ipagym.envs.learners.plan_edits import FACTORS, HOLD

SPREAD = 0.35
"""Standard deviation of the logarithm of the forecast factors, around 1, that an untrained policy chooses."""

LEFT_ALONE = 3.5
"""The logit of not changing a knob of the plan, in an untrained policy."""


def settings_of(recipe: PpoRecipe) -> dict[str, Any]:
    """The arguments of PPO and its variants for a recipe, without the network."""
    return {
        "n_steps": recipe.rollout,
        "batch_size": min(recipe.batch, recipe.rollout * recipe.envs),
        "n_epochs": recipe.epochs,
        "gamma": recipe.gamma,
        "gae_lambda": recipe.gae_lambda,
        "learning_rate": lambda remaining: at(recipe.learning_rate, remaining),
        "ent_coef": recipe.entropy[0],
        "clip_range": recipe.clip,
        "target_kl": recipe.target_kl,
        "vf_coef": recipe.value_weight,
        "device": "cpu",
    }


def network_of(recipe: PpoRecipe) -> dict[str, Any]:
    """The shape of the networks, as an argument of their policies."""
    layers = list(recipe.hidden)
    return {"net_arch": {"pi": layers, "vf": layers}}


def begin_near_the_plan(model: Any, recipe: PpoRecipe) -> None:
    """If the policy edits plans, initialise it to choose factors around 1 and to keep the knobs of the plan."""
    if not recipe.action.startswith("plan"):
        return
    with torch.no_grad():
        bias = model.policy.action_net.bias
        bias[:HOLD] = torch.from_numpy(-((np.log(FACTORS) / SPREAD) ** 2) / 2)
        bias[HOLD + 2 :: 3] = LEFT_ALONE


def deciding_layers(model: Any) -> Layers:
    """The layers of the policy, and not of the value."""
    policy = model.policy
    return layers_of(policy, [*linear_names(policy, "mlp_extractor.policy_net"), "action_net"])


def entropy_schedule(recipe: PpoRecipe, total: int) -> list[BaseCallback]:
    """The callback that decreases the weight of the entropy."""
    return [Entropy(recipe.entropy, total)]


def log_likelihood(model: Any, shown: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
    """The logarithm of the probability of each of n actions, shape (n,)."""
    found: torch.Tensor = model.policy.evaluate_actions(shown, actions)[1]
    return found


def make(recipe: PpoRecipe, env: TrainingVecEnv, seed: int) -> PPO:
    """A new model."""
    model = PPO("MlpPolicy", env, policy_kwargs=network_of(recipe), seed=seed, **settings_of(recipe))
    begin_near_the_plan(model, recipe)
    return model


ALGORITHM = Algorithm(
    actions=by_head,
    make=make,
    layers=deciding_layers,
    callbacks=entropy_schedule,
    log_likelihood=log_likelihood,
)
