"""The reward as a vector: MO-Gymnasium's wrappers, and Envelope Q-learning of MORL-Baselines.

The vector is accuracy, −cost and −violation; Envelope learns for all weights of them at once. It needs a `Discrete`
action: hold, or one knob a step down or up.

    python examples/mo_morl_baselines.py --steps 1000
"""

import argparse
from functools import partial

import mo_gymnasium
import numpy as np
from mo_gymnasium.wrappers import LinearReward, MORecordEpisodeStatistics
from mo_gymnasium.wrappers.vector import MOSyncVectorEnv
from morl_baselines.common.evaluation import eval_mo
from morl_baselines.multi_policy.envelope.envelope import Envelope

import ipagym  # noqa: F401  (registers the ids)
from ipagym.envs.wrappers import StepAction

ID = "ipagym/mo-Video-v0"
WEIGHTS = np.array([0.8, 0.01, 0.19])


def with_wrappers() -> None:
    """What MO-Gymnasium's wrappers make of the vector."""
    scalar = LinearReward(mo_gymnasium.make(ID), weight=WEIGHTS)
    scalar.reset(seed=0)
    _, reward, _, _, info = scalar.step(scalar.action_space.sample())
    print(f"LinearReward: {reward:.3f} of {info['vector_reward'].round(3)}")
    many = MOSyncVectorEnv([partial(mo_gymnasium.make, ID)] * 2)
    many.reset(seed=0)
    print(f"MOSyncVectorEnv: rewards of shape {many.step(many.action_space.sample())[1].shape}")


def main(arguments: list[str] | None = None) -> None:
    """Learn, then print the returns for two weightings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000)
    steps = parser.parse_args(arguments).steps
    with_wrappers()
    env = MORecordEpisodeStatistics(StepAction(mo_gymnasium.make(ID, workload="bursty")))
    agent = Envelope(
        env, net_arch=[64, 64], batch_size=32, learning_starts=min(100, steps // 2), initial_epsilon=1.0,
        epsilon_decay_steps=max(1, steps // 2), final_epsilon=0.1, buffer_size=10_000, gamma=0.95, log=False, seed=0,
    )  # fmt: skip
    agent.train(total_timesteps=steps, eval_freq=steps + 1)
    for weights in (WEIGHTS, np.array([0.1, 0.8, 0.1])):
        *_, returns, _ = eval_mo(agent, StepAction(mo_gymnasium.make(ID, workload="bursty")), w=weights)
        print(f"weights {weights}: accuracy, −cost, −violation {np.round(returns, 2)}")


if __name__ == "__main__":
    main()
