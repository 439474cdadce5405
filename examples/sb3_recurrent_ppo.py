"""RecurrentPPO of sb3-contrib, whose LSTM remembers what late and scraped telemetry does not show.

python examples/sb3_recurrent_ppo.py --steps 6000
"""

import argparse

from gymnasium.vector import AutoresetMode
from sb3_contrib import RecurrentPPO

from ipagym.envs import make_vector_env
from ipagym.envs.sb3 import ServingVecEnv

TRAINING = [1_000_000, 2**31]
"""Seeds of training, from the first to before the last."""


def main(arguments: list[str] | None = None) -> None:
    """Learn, then print the mean return of the last episodes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6_000)
    steps = parser.parse_args(arguments).steps
    envs = make_vector_env(
        8, "video", "bursty", telemetry={"lag_s": 20}, autoreset_mode=AutoresetMode.SAME_STEP, seed_range=TRAINING
    )
    length = min(119, max(2, steps // 8))
    model = RecurrentPPO(
        "MlpLstmPolicy", ServingVecEnv(envs, reward_scale=0.01), n_steps=length, batch_size=64, n_epochs=4, seed=0
    )
    model.learn(steps)
    returns = [episode["r"] for episode in model.ep_info_buffer or ()]
    print(f"mean return of {len(returns)} episodes: {sum(returns) / max(1, len(returns)):.2f}")


if __name__ == "__main__":
    main()
