"""PPO of sb3-contrib that never takes what there is no room for."""

from sb3_contrib import MaskablePPO

from ipagym.agents.learned.algorithms.action_forms import by_head
from ipagym.agents.learned.algorithms.algorithm import Algorithm
from ipagym.agents.learned.algorithms.ppo import (
    deciding_layers,
    entropy_schedule,
    log_likelihood,
    network_of,
    settings_of,
)
from ipagym.agents.learned.recipe_fields import MaskablePpoRecipe
from ipagym.agents.learned.training_env import TrainingVecEnv


def make(recipe: MaskablePpoRecipe, env: TrainingVecEnv, seed: int) -> MaskablePPO:
    """A new model; it asks the environments for `action_masks`."""
    return MaskablePPO("MlpPolicy", env, policy_kwargs=network_of(recipe), seed=seed, **settings_of(recipe))


ALGORITHM = Algorithm(
    actions=by_head,
    make=make,
    layers=deciding_layers,
    callbacks=entropy_schedule,
    log_likelihood=log_likelihood,
)
