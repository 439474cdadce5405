"""PPO of RLlib, two environments to a runner.

python examples/rllib_ppo.py --steps 4000
"""

import argparse

import ray
from ray.rllib.algorithms.ppo import PPOConfig

import ipagym  # noqa: F401  (registers the ids)


def main(arguments: list[str] | None = None) -> None:
    """Learn and print the mean return after each iteration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4_000)
    parser.add_argument("--runners", type=int, default=0, help="processes that run environments; 0 is this one")
    chosen = parser.parse_args(arguments)
    ray.init(num_cpus=1 + chosen.runners, include_dashboard=False, log_to_driver=False)
    batch = min(1190, chosen.steps)
    config = (
        PPOConfig()
        .environment("ipagym:ipagym/Video-v0", env_config={"workload": "bursty"})
        .env_runners(num_env_runners=chosen.runners, num_envs_per_env_runner=2)
        .training(train_batch_size_per_learner=batch, minibatch_size=min(119, batch), num_epochs=4, gamma=0.95)
    )
    algorithm = config.build_algo()
    for _ in range(max(1, chosen.steps // batch)):
        found = algorithm.train()["env_runners"]
        print(f"{found['num_env_steps_sampled_lifetime']:>8} steps: return {found.get('episode_return_mean')}")
    algorithm.stop()
    ray.shutdown()


if __name__ == "__main__":
    main()
