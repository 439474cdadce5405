"""SAC of stable-baselines3, on one number in [−1, 1] per head."""

from typing import Any

import numpy as np
import torch
from stable_baselines3 import SAC

from ipagym.agents.learned.algorithms.action_forms import on_scale
from ipagym.agents.learned.algorithms.algorithm import Algorithm, Arrays, Layers, layers_of, linear_names
from ipagym.agents.learned.algorithms.replay import buffer_state, restore_buffer, settings_of
from ipagym.agents.learned.recipe_fields import SacRecipe
from ipagym.agents.learned.training_env import TrainingVecEnv


def make(recipe: SacRecipe, env: TrainingVecEnv, seed: int) -> SAC:
    """A new model."""
    layers = list(recipe.hidden)
    return SAC(
        "MlpPolicy",
        env,
        tau=recipe.tau,
        target_entropy=recipe.target_entropy * len(env.heads),
        policy_kwargs={"net_arch": {"pi": layers, "qf": layers}},
        seed=seed,
        **settings_of(recipe, env),
    )


def layers(model: Any) -> Layers:
    """The layers of the actor to the mean of its actions, before they are squashed."""
    return layers_of(model.actor, [*linear_names(model.actor, "latent_pi"), "mu"])


def state(model: Any) -> Arrays:
    """The buffer, and the logarithm of the entropy's weight."""
    return buffer_state(model) | {"log_entropy_weight": model.log_ent_coef.detach().numpy()}


def restore(model: Any, found: Arrays) -> bool:
    """Restore this state."""
    if found["log_entropy_weight"].shape != (1,):
        return False
    with torch.no_grad():
        model.log_ent_coef.copy_(torch.from_numpy(np.array(found["log_entropy_weight"])))
    return restore_buffer(model, found)


ALGORITHM = Algorithm(actions=on_scale, make=make, layers=layers, state=state, restore=restore)
