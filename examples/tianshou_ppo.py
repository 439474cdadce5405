"""PPO of Tianshou, with a policy over several knobs at once.

python examples/tianshou_ppo.py --steps 10000
"""

import argparse
from functools import partial
from typing import Any, ClassVar

import gymnasium as gym
import torch
from tianshou.algorithm.modelfree.ppo import PPO
from tianshou.algorithm.modelfree.reinforce import ProbabilisticActorPolicy
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.trainer import OnPolicyTrainerParams
from tianshou.utils.net.common import Net
from tianshou.utils.net.discrete import DiscreteActor, DiscreteCritic
from torch import Tensor
from torch.distributions import Categorical, Distribution

import ipagym  # noqa: F401  (registers the ids)


class Knobs(Distribution):
    """A choice for each knob, independent of each other, from the logits of all of them side by side."""

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, logits: Tensor, sizes: list[int]) -> None:
        self.knobs = [Categorical(logits=each) for each in logits.split(sizes, dim=-1)]
        super().__init__(logits.shape[:-1], torch.Size([len(sizes)]))

    @property
    def mode(self) -> Tensor:
        """The likeliest choices."""
        return torch.stack([knob.mode for knob in self.knobs], -1)

    @property
    def variance(self) -> Tensor:
        """None, as of any choice; Tianshou asks for its statistics."""
        return self.knobs[0].variance.unsqueeze(-1).expand(*self.batch_shape, len(self.knobs))

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


def main(arguments: list[str] | None = None) -> None:
    """Learn and print the mean return of the last test episodes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    steps = parser.parse_args(arguments).steps
    make = partial(gym.make, "ipagym/Video-v0", workload="bursty")
    env, envs = make(), DummyVectorEnv([make] * 4)
    sizes = env.action_space.nvec.tolist()
    bodies = [Net(state_shape=env.observation_space.shape, hidden_sizes=[64, 64]) for _ in range(2)]
    actor = DiscreteActor(preprocess_net=bodies[0], action_shape=sum(sizes), softmax_output=False)
    policy = ProbabilisticActorPolicy(
        actor=actor, dist_fn=partial(Knobs, sizes=sizes), action_space=env.action_space, action_scaling=False
    )
    critic = DiscreteCritic(preprocess_net=bodies[1])
    algorithm = PPO(policy=policy, critic=critic, optim=AdamOptimizerFactory(lr=3e-4), gamma=0.95, return_scaling=True)
    batch = min(4 * 119, steps)
    result = algorithm.run_training(
        OnPolicyTrainerParams(
            training_collector=Collector(algorithm, envs, VectorReplayBuffer(batch + 4, 4)),
            test_collector=Collector(algorithm, DummyVectorEnv([make])),
            max_epochs=2, epoch_num_steps=max(1, steps // 2), collection_step_num_env_steps=batch,
            update_step_num_repetitions=4, verbose=False, show_progress=False,
        )
    )  # fmt: skip
    print(f"best return of an episode {result.best_score:.1f}")


if __name__ == "__main__":
    main()
