"""DQN of stable-baselines3, on numbered actions."""

from typing import Any

import numpy as np
from stable_baselines3 import DQN

from ipagym.agents.learned.algorithms.action_forms import numbered
from ipagym.agents.learned.algorithms.algorithm import Algorithm, Arrays, Layers, layers_of, linear_names
from ipagym.agents.learned.algorithms.replay import buffer_state, restore_buffer, settings_of
from ipagym.agents.learned.recipe_fields import DqnRecipe
from ipagym.agents.learned.training_env import TrainingVecEnv
from ipagym.system.errors import InputError


def make(recipe: DqnRecipe, env: TrainingVecEnv, seed: int) -> DQN:
    """A new model.

    Raises:
        InputError: numbers in the recipe contradict each other.
    """
    if recipe.target_every < recipe.envs:
        raise InputError(f"target_every {recipe.target_every} must be at least the number of envs, {recipe.envs}")
    return DQN(
        "MlpPolicy",
        env,
        exploration_initial_eps=recipe.exploration[0],
        exploration_final_eps=recipe.exploration[1],
        exploration_fraction=recipe.exploration_share,
        target_update_interval=recipe.target_every,
        policy_kwargs={"net_arch": list(recipe.hidden)},
        seed=seed,
        **settings_of(recipe, env),
    )


def layers(model: Any) -> Layers:
    """The network of action values, not the target network."""
    return layers_of(model.q_net, linear_names(model.q_net, "q_net"))


def state(model: Any) -> Arrays:
    """The buffer, the steps since the last update of the target network, and the exploration rate."""
    return buffer_state(model) | {
        "calls": np.array([model._n_calls]),
        "exploration": np.array([model.exploration_rate]),
    }


def restore(model: Any, found: Arrays) -> bool:
    """Restore this state."""
    if found["calls"].shape != (1,) or found["exploration"].shape != (1,):
        return False
    model._n_calls, model.exploration_rate = int(found["calls"][0]), float(found["exploration"][0])
    return model._n_calls >= 0 and 0 <= model.exploration_rate <= 1 and restore_buffer(model, found)


ALGORITHM = Algorithm(actions=numbered, make=make, layers=layers, state=state, restore=restore)
