"""PPO of TorchRL on the native vector environment, which TorchRL resets itself (`AutoresetMode.DISABLED`).

Before that, `GymEnv` with three environments in processes of their own; TorchRL reads no nested info of those, so that
they are made `with_info=False`.

    python examples/torchrl_ppo.py --steps 4000
"""

import argparse
from functools import partial
from typing import Any, ClassVar

import gymnasium as gym
import torch
from gymnasium.vector import AutoresetMode
from tensordict.nn import TensorDictModule
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution
from torchrl.envs import GymEnv, GymWrapper
from torchrl.modules import ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value import GAE

import ipagym  # noqa: F401  (registers the ids)

ID, ENVS, LENGTH, EPOCHS, SCALE = "ipagym/Video-v0", 8, 64, 4, 0.01


class Knobs(Distribution):
    """A choice for each knob, independent of each other, from the logits of all of them side by side."""

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, logits: Tensor, sizes: list[int]) -> None:
        self.knobs = [Categorical(logits=each) for each in logits.split(sizes, dim=-1)]
        super().__init__(logits.shape[:-1], torch.Size([len(sizes)]))

    def sample(self, sample_shape: torch.Size = torch.Size()) -> Tensor:  # noqa: B008
        """Choices, shape (…, knobs)."""
        return torch.stack([knob.sample(sample_shape) for knob in self.knobs], -1)

    def log_prob(self, value: Tensor) -> Tensor:
        """Of all choices together."""
        pairs = zip(self.knobs, value.unbind(-1), strict=True)
        return torch.stack([knob.log_prob(each) for knob, each in pairs]).sum(0)

    def entropy(self) -> Tensor:
        """Of all choices together."""
        return torch.stack([knob.entropy() for knob in self.knobs]).sum(0)


def in_processes() -> None:
    """Three environments, each in a process of its own."""
    envs = GymEnv(ID, num_envs=3, categorical_action_encoding=True, workload="bursty", with_info=False)
    print(f"GymEnv(num_envs=3): rewards of shape {tuple(envs.rollout(4)['next', 'reward'].shape)}")
    envs.close()


def main(arguments: list[str] | None = None) -> None:
    """Learn and print the mean reward of each batch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4_000)
    steps = parser.parse_args(arguments).steps
    in_processes()
    native = gym.make_vec(
        ID,
        ENVS,
        vectorization_mode="vector_entry_point",
        autoreset_mode=AutoresetMode.DISABLED,
        workload="bursty",
        seed_range=[1_000_000, 2**31],
    )
    env, sizes = GymWrapper(native, categorical_action_encoding=True), native.single_action_space.nvec.tolist()
    net = nn.Sequential(nn.LazyLinear(64), nn.Tanh(), nn.Linear(64, sum(sizes)))
    actor = ProbabilisticActor(
        TensorDictModule(net, ["observation"], ["logits"]), in_keys=["logits"], spec=env.action_spec,
        distribution_class=partial(Knobs, sizes=sizes), return_log_prob=True, default_interaction_type="random",
    )  # fmt: skip
    critic = ValueOperator(nn.Sequential(nn.LazyLinear(64), nn.Tanh(), nn.Linear(64, 1)), in_keys=["observation"])
    loss = None
    for _ in range(max(1, steps // (ENVS * LENGTH))):
        with torch.no_grad():
            batch = env.rollout(LENGTH, actor, break_when_any_done=False)
            batch["next", "reward"] = SCALE * batch["next", "reward"]
            critic(batch.clone())  # gives its lazy layers their sizes; the values come from GAE
        if loss is None:  # the first batch has given the lazy layers their sizes
            loss = ClipPPOLoss(actor, critic, entropy_coeff=0.01)
            optimiser = torch.optim.Adam(loss.parameters(), lr=3e-4)
        GAE(gamma=0.95, lmbda=0.95, value_network=critic, average_gae=True)(batch)
        for _ in range(EPOCHS):
            found = loss(batch.reshape(-1))
            optimiser.zero_grad()
            (found["loss_objective"] + found["loss_critic"] + found["loss_entropy"]).backward()
            optimiser.step()
        print(f"mean reward {float(batch['next', 'reward'].mean()) / SCALE:.2f}")


if __name__ == "__main__":
    main()
