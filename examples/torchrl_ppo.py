"""PPO of TorchRL on the native vector environment, which TorchRL resets itself (`AutoresetMode.DISABLED`).

Before that, `GymEnv` with three environments in processes of their own. TorchRL reads no nested info of those: they are
made `with_info=False`.

    python examples/torchrl_ppo.py --steps 20000
"""

import argparse

import gymnasium as gym
import torch
from gymnasium.vector import AutoresetMode
from tensordict.nn import TensorDictModule
from torch import Tensor, nn
from torchrl.collectors import SyncDataCollector
from torchrl.envs import GymEnv, GymWrapper, RewardScaling, RewardSum, TransformedEnv
from torchrl.modules import MaskedCategorical, ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value import GAE

import ipagym  # noqa: F401  (registers the ids)
