"""One agent for each stage, through PettingZoo: each learns alone, by REINFORCE, from the common reward.

python examples/pettingzoo_stages.py --steps 10000
"""

import argparse

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from ipagym.envs.multi_agent import ServingParallelEnv, parallel_env

GAMMA, SCALE = 0.9, 0.01


class Learner:
    """The policy of a stage over its knobs, which keeps to its masks."""

    def __init__(self, entries: int, sizes: list[int]) -> None:
        self.sizes = sizes
        self.net = nn.Sequential(nn.Linear(entries, 32), nn.Tanh(), nn.Linear(32, sum(sizes)))
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=3e-3)

    def choose(self, observation: Tensor, masks: list[Tensor]) -> tuple[list[int], Tensor]:
        """A value for each knob, and the log-probability of all of them."""
        logits = self.net(observation).split(self.sizes)
        knobs = [
            Categorical(logits=each.masked_fill(mask == 0, -1e9)) for each, mask in zip(logits, masks, strict=True)
        ]
        values = [knob.sample() for knob in knobs]
        log_probs = [knob.log_prob(value) for knob, value in zip(knobs, values, strict=True)]
        return [int(value) for value in values], torch.stack(log_probs).sum()

    def learn(self, log_probs: list[Tensor], returns: Tensor) -> None:
        """Make more likely what did better than the mean of the episode."""
        gains = (returns - returns.mean()) / (returns.std() + 1e-8)
        self.optimiser.zero_grad()
        (-(torch.stack(log_probs) * gains).mean()).backward()
        self.optimiser.step()


def play(env: ServingParallelEnv, learners: dict[str, Learner], seed: int) -> float:
    """One episode, from which all learn; its return."""
    observations, infos = env.reset(seed=seed)
    log_probs: dict[str, list[Tensor]] = {agent: [] for agent in env.agents}
    rewards = []
    while env.agents:
        actions = {}
        for agent in env.agents:
            masks = [torch.as_tensor(mask) for mask in infos[agent]["action_mask"]]
            actions[agent], log_prob = learners[agent].choose(torch.as_tensor(observations[agent]), masks)
            log_probs[agent].append(log_prob)
        observations, told, _, _, infos = env.step(actions)
        rewards.append(SCALE * next(iter(told.values())))
    returns = torch.tensor(rewards)
    for t in reversed(range(len(rewards) - 1)):
        returns[t] += GAMMA * returns[t + 1]
    for agent, learner in learners.items():
        learner.learn(log_probs[agent], returns)
    return sum(rewards) / SCALE


def main(arguments: list[str] | None = None) -> None:
    """Learn and print the return of the first and the last episodes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    steps = parser.parse_args(arguments).steps
    torch.manual_seed(0)
    env = parallel_env("video", "bursty")
    learners = {
        agent: Learner(env.observation_space(agent).shape[0], env.action_space(agent).nvec.tolist())
        for agent in env.possible_agents
    }
    returns = [play(env, learners, seed) for seed in range(max(1, steps // 119))]
    tenth = max(1, len(returns) // 10)
    first, last = (sum(part) / tenth for part in (returns[:tenth], returns[-tenth:]))
    print(f"return of the first {tenth} episodes {first:.1f}, of the last {last:.1f}")


if __name__ == "__main__":
    main()
