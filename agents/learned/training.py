"""Training of PPO policies with stable-baselines3: checkpoints, resuming and the task's own figures."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import configure

from ipagym.agents.learned.policy import CHECKPOINT_NAME, Card, Checkpoint, load_checkpoint, save_checkpoint
from ipagym.envs.codec import Codec
from ipagym.envs.observation import Observer
from ipagym.envs.sb3 import ServingVecEnv
from ipagym.envs.scenarios import make_scenario
from ipagym.envs.vector import ServingVectorEnv
from ipagym.errors import InputError
from ipagym.files import is_file, make_folder, write_atomically
from ipagym.scenario import Scenario

REWARD_SCALE = 0.01
"""Rewards are about −2 … −200 per window on the video pipeline; value networks learn faster near ±1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """One training run. `rollout` is the number of steps per environment between two updates."""

    scenario: str
    workload: str | None
    out: Path
    steps: int = 100_000
    seed: int = 0
    envs: int = 4
    resume: bool = False
    trace: Path | None = None
    rollout: int = 128
    gamma: float = 0.9
    learning_rate: float = 3e-4
    entropy: float = 0.005

    def __post_init__(self) -> None:
        for name in ("steps", "envs", "rollout"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 0 <= self.seed < 2**31:
            raise InputError(f"seed must be in 0..2147483647, not {self.seed}")


def train(settings: TrainSettings, progress: Callable[[int, int], None] = lambda done, total: None) -> Path:
    """Train until `settings.steps` environment steps are done in all; returns the checkpoint's path.

    The folder `settings.out` gets `policy.pt` (rewritten after every update), `train.json` and TensorBoard logs.
    `progress` is called with the steps done and the steps wanted.

    Raises:
        InputError: the folder holds a run already and `resume` is not set, there is nothing to resume, or
            the folder cannot be made.
    """
    checkpoint_path = settings.out / CHECKPOINT_NAME
    _check_out(settings, checkpoint_path)
    scenario = make_scenario(settings.scenario, settings.workload, trace=settings.trace)
    make_folder(settings.out)
    vector = ServingVectorEnv(scenario, settings.envs, autoreset=AutoresetMode.SAME_STEP)
    env = ServingVecEnv(vector, reward_scale=REWARD_SCALE)
    model = _model(settings, env)
    done = _restore(model, checkpoint_path, settings) if settings.resume else 0
    write_atomically(settings.out / "train.json", json.dumps(asdict(settings), default=str, indent=2).encode())
    keeper = Keeper(checkpoint_path, lambda steps: _checkpoint(model, scenario, settings, steps))
    if done < settings.steps:
        callbacks = CallbackList([TaskFigures(env), keeper, Progress(progress, settings.steps)])
        model.learn(settings.steps - done, callback=callbacks, reset_num_timesteps=False)
        keeper.save(model.num_timesteps)
    return checkpoint_path


class TaskFigures(BaseCallback):
    """Logs the task's own figures, averaged over each rollout: violations, cores, PAS, reward and energy."""

    def __init__(self, env: ServingVecEnv) -> None:
        super().__init__()
        self._env = env
        self._figures: list[NDArray[np.float64]] = []

    def _on_step(self) -> bool:
        terms = self._env.terms
        assert terms is not None, "a step was taken"
        reward = self._env.env.scenario.objective.scalar(terms)
        columns = (100 * terms.violation, terms.cost, 100 * terms.accuracy, reward, terms.energy)
        self._figures.append(np.stack(columns).mean(axis=1))
        return True

    def _on_rollout_end(self) -> None:
        names = ("violation_percent", "cores", "pas", "reward_per_window", "energy_kj")
        for name, value in zip(names, np.mean(self._figures, axis=0), strict=True):
            self.logger.record(f"serving/{name}", float(value))
        self._figures = []


class Keeper(BaseCallback):
    """Writes the checkpoint after every rollout, so that an interrupted run can be resumed."""

    def __init__(self, path: Path, checkpoint: Callable[[int], Checkpoint]) -> None:
        super().__init__()
        self._path = path
        self._checkpoint = checkpoint

    def save(self, steps: int) -> None:
        """Write the checkpoint as it stands after `steps` environment steps."""
        save_checkpoint(self._path, self._checkpoint(steps))

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        self.save(self.num_timesteps)


class Progress(BaseCallback):
    """Tells how many steps are done after every rollout."""

    def __init__(self, report: Callable[[int, int], None], total: int) -> None:
        super().__init__()
        self._report = report
        self._total = total

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        self._report(self.num_timesteps, self._total)


def _check_out(settings: TrainSettings, checkpoint_path: Path) -> None:
    if settings.resume and not is_file(checkpoint_path):
        raise InputError(f"nothing to resume in {settings.out}: it holds no {CHECKPOINT_NAME}")
    if not settings.resume and is_file(checkpoint_path):
        raise InputError(f"{settings.out} holds a run already: resume it with --resume, or choose another --out")


def _model(settings: TrainSettings, env: ServingVecEnv) -> PPO:
    model = PPO(
        "MlpPolicy",
        env,
        n_steps=settings.rollout,
        batch_size=max(2, settings.rollout * settings.envs // 4),
        gamma=settings.gamma,
        learning_rate=settings.learning_rate,
        ent_coef=settings.entropy,
        seed=settings.seed,
        device="cpu",
    )
    model.set_logger(configure(str(settings.out / "tensorboard"), ["tensorboard"]))
    return model


def _restore(model: PPO, path: Path, settings: TrainSettings) -> int:
    """Load the parameters into the model; returns the steps done so far."""
    checkpoint = load_checkpoint(path)
    card = checkpoint.card
    if (card.scenario, card.workload) != (settings.scenario, settings.workload):
        load = card.workload or "its own load"
        raise InputError(f"{path} was trained on {card.scenario} under {load}: resume it with those")
    model.set_parameters(checkpoint.parameters)
    model.num_timesteps = card.steps
    return card.steps


def _checkpoint(model: PPO, scenario: Scenario, settings: TrainSettings, steps: int) -> Checkpoint:
    card = Card(
        scenario=settings.scenario,
        workload=settings.workload,
        seed=settings.seed,
        steps=steps,
        observation_names=Observer(scenario.pipeline, scenario.limits).names,
        action_sizes=Codec(scenario.pipeline, scenario.limits).sizes,
    )
    return Checkpoint(card, model.get_parameters())
