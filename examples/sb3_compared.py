"""A model of stable-baselines3 as a controller: learned here, then in a comparison beside the package's own.

    python examples/sb3_compared.py --steps 50000

`Sb3Agent` is all that it takes. From the command line, with `mine = partial(Sb3Agent, saved)` in `my_agents.py`:

    ipagym compare video --workload bursty --agents my_agents:mine,ipa
"""

import argparse
import io
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO

import ipagym
from ipagym.envs import Codec, Observer, make_vector_env
from ipagym.envs.sb3 import ServingVecEnv

TRAINING = [1_000_000, 2**31]
"""Seeds of training, from the first to before the last."""


class Sb3Agent:
    """Decides as a saved model does that learned on the plain observations and actions of a scenario's environment.

    It takes the file's bytes: a comparison copies agents into its workers, and runs one again whose bytes have changed.
    """

    def __init__(self, saved: bytes, scenario: ipagym.Scenario) -> None:
        self.saved, self.observer = saved, Observer.of(scenario)
        self.codec = Codec(scenario.pipeline, scenario.limits)

    def reset(self, pipeline: ipagym.Pipeline, limits: ipagym.Limits, rng: np.random.Generator) -> None:
        """Prepare for an episode."""
        self.model = PPO.load(io.BytesIO(self.saved), device="cpu")

    def decide(self, window: ipagym.Window) -> ipagym.Configuration:
        """The configuration of the model's most likely action."""
        action, _ = self.model.predict(self.observer.observe(window), deterministic=True)
        return self.codec.decode(action)


def learned(steps: int) -> PPO:
    """A model that has learned for so many steps."""
    envs = make_vector_env(16, "video", "bursty", autoreset_mode=AutoresetMode.SAME_STEP, seed_range=TRAINING)
    rows = min(119, max(2, steps // 16))
    return PPO("MlpPolicy", ServingVecEnv(envs, reward_scale=0.01), n_steps=rows, gamma=0.95, seed=0).learn(steps)


def main(arguments: list[str] | None = None) -> None:
    """Learn, then print the table of a comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=50_000)
    model = learned(parser.parse_args(arguments).steps)
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model.zip"
        model.save(saved)
        agents = {"mine": partial(Sb3Agent, saved.read_bytes()), "ipa": "ipa"}
        found = ipagym.compare("video", agents, workload="bursty", seeds=2, out=Path(folder) / "compared")
        print(found.summary[["agent", "reward", "violation_percent", "cores", "pas_percent"]].to_string(index=False))


if __name__ == "__main__":
    main()
