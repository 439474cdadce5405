"""PPO in one file, in the style of CleanRL, on the native vector environment.

Episodes never terminate, they are truncated: the value of what would follow is that of the last observation of the
episode. `final_obs` holds it, because the environments begin anew within the same step.

    python examples/cleanrl_ppo.py --steps 50000
"""

import argparse
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from torch import Tensor, nn
from torch.distributions import Categorical

import ipagym  # noqa: F401  (registers the ids)

ENVS, LENGTH, EPOCHS, PARTS = 16, 64, 4, 4
GAMMA, LAMBDA, CLIP, ENTROPY_WEIGHT = 0.95, 0.95, 0.2, 0.01
SCALE = 0.01  # of rewards


class Batch(NamedTuple):
    """What was seen and done, each of shape (LENGTH, envs, …); `following` are the true next observations."""

    observations: Tensor
    actions: Tensor
    log_probs: Tensor
    rewards: Tensor
    following: Tensor
    truncated: Tensor


class Agent(nn.Module):
    """A policy over several knobs, independent of each other given the observation, and a value."""

    def __init__(self, entries: int, sizes: list[int]) -> None:
        super().__init__()
        self.sizes = sizes
        self.actor = nn.Sequential(nn.Linear(entries, 64), nn.Tanh(), nn.Linear(64, sum(sizes)))
        self.critic = nn.Sequential(nn.Linear(entries, 64), nn.Tanh(), nn.Linear(64, 1), nn.Flatten(-2))

    def choose(self, observations: Tensor, actions: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Actions, drawn if none are given, their log-probabilities and the entropies."""
        parts = [Categorical(logits=each) for each in self.actor(observations).split(self.sizes, dim=-1)]
        actions = torch.stack([part.sample() for part in parts], -1) if actions is None else actions
        log_probs = [part.log_prob(each) for part, each in zip(parts, actions.unbind(-1), strict=True)]
        return actions, torch.stack(log_probs).sum(0), torch.stack([part.entropy() for part in parts]).sum(0)


@torch.no_grad()
def collect(envs: Any, agent: Agent, observation: Tensor, length: int = LENGTH) -> tuple[Batch, Tensor]:
    """So many steps from an observation on, and the observation after them."""
    rows = []
    for _ in range(length):
        action, log_prob, _ = agent.choose(observation)
        found, reward, _, truncated, info = envs.step(action.numpy())
        following = found.copy()
        for k in np.flatnonzero(truncated):
            following[k] = info["final_obs"][k]
        told = (np.float32(SCALE * reward), following, truncated)
        rows.append((observation, action, log_prob, *map(torch.as_tensor, told)))
        observation = torch.as_tensor(found)
    return Batch(*map(torch.stack, zip(*rows, strict=True))), observation


def advantages(batch: Batch, values: Tensor, following: Tensor) -> Tensor:
    """Generalised advantages; the sum ends where an episode does, the value of what follows counts there, too."""
    found, last = torch.zeros_like(values), torch.zeros_like(values[0])
    errors = batch.rewards + GAMMA * following - values
    for t in reversed(range(len(values))):
        found[t] = last = errors[t] + GAMMA * LAMBDA * ~batch.truncated[t] * last
    return found


def update(agent: Agent, optimiser: torch.optim.Optimizer, batch: Batch) -> None:
    """Some epochs over the batch in random parts."""
    with torch.no_grad():
        values = agent.critic(batch.observations)
        gains = advantages(batch, values, agent.critic(batch.following))
    flat = [each.flatten(0, 1) for each in (batch.observations, batch.actions, batch.log_probs, gains, gains + values)]
    for rows in (part for _ in range(EPOCHS) for part in torch.randperm(len(flat[0])).chunk(PARTS)):
        observations, actions, old, gain, returns = (each[rows] for each in flat)
        _, log_probs, entropy = agent.choose(observations, actions)
        ratio, gain = (log_probs - old).exp(), (gain - gain.mean()) / (gain.std() + 1e-8)
        gained = torch.min(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain).mean()
        missed = (agent.critic(observations) - returns).square().mean()
        optimiser.zero_grad()
        (0.5 * missed - gained - ENTROPY_WEIGHT * entropy.mean()).backward()
        nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
        optimiser.step()


def main(arguments: list[str] | None = None) -> None:
    """Learn and print the mean reward of each batch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=50_000)
    steps = parser.parse_args(arguments).steps
    torch.manual_seed(0)
    envs = gym.make_vec(
        "ipagym/Video-v0", ENVS, vectorization_mode="vector_entry_point", autoreset_mode=AutoresetMode.SAME_STEP,
        workload="bursty", with_info=False, seed_range=[1_000_000, 2**31],  # those of training
    )  # fmt: skip
    agent = Agent(envs.single_observation_space.shape[0], envs.single_action_space.nvec.tolist())  # type: ignore
    optimiser = torch.optim.Adam(agent.parameters(), lr=3e-4)
    observation = torch.as_tensor(envs.reset(seed=0)[0])
    for k in range(max(1, steps // (ENVS * LENGTH))):
        batch, observation = collect(envs, agent, observation)
        update(agent, optimiser, batch)
        print(f"{(k + 1) * ENVS * LENGTH:>8} steps: mean reward {batch.rewards.mean() / SCALE:.2f}")


if __name__ == "__main__":
    main()
