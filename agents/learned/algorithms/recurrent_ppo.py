"""PPO of sb3-contrib with an LSTM before the layers of the policy and another before those of the value."""

from typing import Any

import numpy as np
import torch
from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.type_aliases import RNNStates

from ipagym.agents.learned.algorithms.action_forms import by_head
from ipagym.agents.learned.algorithms.algorithm import Algorithm, Arrays, Layers
from ipagym.agents.learned.algorithms.ppo import (
    begin_near_the_plan,
    deciding_layers,
    entropy_schedule,
    network_of,
    settings_of,
)
from ipagym.agents.learned.lstm_layer import LstmLayer
from ipagym.agents.learned.recipe_fields import RecurrentPpoRecipe
from ipagym.agents.learned.training_env import TrainingVecEnv

REMEMBERED = ("policy_hidden", "policy_cell", "value_hidden", "value_cell")


def make(recipe: RecurrentPpoRecipe, env: TrainingVecEnv, seed: int) -> RecurrentPPO:
    """A new model."""
    network = network_of(recipe) | {"lstm_hidden_size": recipe.lstm_units}
    model = RecurrentPPO("MlpLstmPolicy", env, policy_kwargs=network, seed=seed, **settings_of(recipe))
    begin_near_the_plan(model, recipe)
    return model


def layers(model: Any) -> Layers:
    """The LSTM of the policy, and the layers after it."""
    state = {name: each.numpy().astype(np.float64) for name, each in model.policy.lstm_actor.state_dict().items()}
    lstm = LstmLayer(
        inputs=state["weight_ih_l0"].T,
        recurrent=state["weight_hh_l0"].T,
        bias=state["bias_ih_l0"] + state["bias_hh_l0"],
    )
    after = deciding_layers(model)
    return Layers(after.weights, after.biases, lstm)


def state(model: Any) -> Arrays:
    """The states of the LSTMs in the current episodes, each of shape (1, num_envs, units)."""
    own = model._last_lstm_states
    return dict(zip(REMEMBERED, (each.numpy() for each in (*own.pi, *own.vf)), strict=True))


def restore(model: Any, found: Arrays) -> bool:
    """Restore these states."""
    if any(found[name].shape != own.shape for name, own in state(model).items()):
        return False
    hidden, cell, value_hidden, value_cell = (torch.from_numpy(np.array(found[name])) for name in REMEMBERED)
    model._last_lstm_states = RNNStates((hidden, cell), (value_hidden, value_cell))
    return True


ALGORITHM = Algorithm(
    actions=by_head, make=make, layers=layers, callbacks=entropy_schedule, state=state, restore=restore
)
