"""A search for hyper-parameters of PPO with Optuna. It is kept in a file and goes on where it stopped.

python examples/optuna_search.py --trials 4 --steps 10000 --storage sqlite:///search.db
"""

import argparse

import optuna
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO

from ipagym.envs import make_vector_env
from ipagym.envs.sb3 import ServingVecEnv

TRAINING = [1_000_000, 2**31]
"""Seeds of training, from the first to before the last."""


def mean_return(trial: optuna.Trial, steps: int) -> float:
    """The mean return of the last episodes of training with the hyper-parameters that the trial suggests."""
    envs = make_vector_env(16, "video", "bursty", autoreset_mode=AutoresetMode.SAME_STEP, seed_range=TRAINING)
    model = PPO(
        "MlpPolicy", ServingVecEnv(envs, reward_scale=0.01), n_steps=119, batch_size=119, seed=0, n_epochs=4,
        learning_rate=trial.suggest_float("learning_rate", 1e-4, 3e-3, log=True),
        gamma=trial.suggest_float("gamma", 0.8, 0.99),
        ent_coef=trial.suggest_float("ent_coef", 1e-4, 1e-1, log=True),
    )  # fmt: skip
    model.learn(max(steps, 16 * 119))  # an episode at least
    last = list(model.ep_info_buffer or ())[-16:]
    return float(sum(episode["r"] for episode in last) / len(last))


def main(arguments: list[str] | None = None) -> None:
    """Run what is left of the trials, then print the best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000, help="of each trial")
    parser.add_argument("--trials", type=int, default=4, help="in all, those of former runs included")
    parser.add_argument("--storage", default="sqlite:///:memory:")
    chosen = parser.parse_args(arguments)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="ppo-video-bursty", storage=chosen.storage, direction="maximize", load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=0),
    )  # fmt: skip
    done = len(study.get_trials(states=[optuna.trial.TrialState.COMPLETE]))
    study.optimize(lambda trial: mean_return(trial, chosen.steps), n_trials=max(0, chosen.trials - done))
    print(f"{done} trials were there; of {len(study.trials)} the best has a return of {study.best_value:.1f}")
    print({name: round(value, 5) for name, value in study.best_params.items()})


if __name__ == "__main__":
    main()
