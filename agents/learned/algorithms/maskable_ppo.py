"""PPO of sb3-contrib that never takes infeasible actions."""

from dataclasses import replace

from sb3_contrib import MaskablePPO

from ipagym.agents.learned.algorithms import ppo
from ipagym.agents.learned.recipe_fields import MaskablePpoRecipe
from ipagym.agents.learned.training_env import TrainingVecEnv


def make(recipe: MaskablePpoRecipe, env: TrainingVecEnv, seed: int) -> MaskablePPO:
    """A new model; it asks the environments for `action_masks`."""
    return MaskablePPO("MlpPolicy", env, policy_kwargs=ppo.network_of(recipe), seed=seed, **ppo.settings_of(recipe))


ALGORITHM = replace(ppo.ALGORITHM, make=make)
