"""Training of PPO policies with stable-baselines3: checkpoints, resuming and the task's own figures."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import configure
from stable_baselines3.common.utils import set_random_seed

from ipagym.agents.learned.checkpoint import CHECKPOINT_NAME, Card, Checkpoint, load_checkpoint, save_checkpoint
from ipagym.agents.learned.resuming import progress_of, restore
from ipagym.envs.codec import Codec
from ipagym.envs.observation import Observer
from ipagym.envs.sb3 import ServingVecEnv
from ipagym.envs.scenarios import make_scenario
from ipagym.envs.vector import ServingVectorEnv
from ipagym.system.errors import InputError
from ipagym.system.files import is_file, make_folder, write_atomically
from ipagym.task.scenario import Scenario

REWARD_SCALE = 0.01
"""Rewards are about −2 … −200 per window on the video pipeline; value networks learn faster near ±1."""


COURSE = ("seed", "envs", "threads", "rollout", "gamma", "learning_rate", "entropy")
"""The settings that two runs of one scenario must share to come to the same weights after as many steps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """One training run. `rollout` is the number of steps per environment between two updates.

    The weights depend to the last bit on the number of threads that torch works with, so that it is a setting and not
    what a machine has. One is also the fastest: on two cores that others use too, updates take 5 to 35 times as long
    with two or four threads, on batches of 128 and of 2,048.
    """

    scenario: str
    workload: str | None
    out: Path
    steps: int = 100_000
    seed: int = 0
    envs: int = 4
    resume: bool = False
    trace: Path | None = None
    threads: int = 1
    rollout: int = 128
    gamma: float = 0.9
    learning_rate: float = 3e-4
    entropy: float = 0.005

    def __post_init__(self) -> None:
        for name, least in {"steps": 1, "envs": 1, "threads": 1, "rollout": 2}.items():
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}, not {getattr(self, name)}")
        if not 0 <= self.seed < 2**31:
            raise InputError(f"seed must be in 0..2147483647, not {self.seed}")


Report = Callable[[int, int], None]
"""Called with the steps done and the steps wanted."""


def train(settings: TrainSettings, progress: Report = lambda done, total: None) -> Path:
    """Train until `settings.steps` environment steps are done in all; returns the checkpoint's path.

    The folder `settings.out` gets `policy.pt` (rewritten after every update), `train.json` and TensorBoard logs. A run
    that was interrupted and is resumed comes to the weights of one that was not, to the last bit.

    Raises:
        InputError: the folder holds a run already and `resume` is not set, there is nothing to resume, what there is
            is damaged or of other settings, or the folder cannot be made.
    """
    checkpoint_path = settings.out / CHECKPOINT_NAME
    _check_out(settings, checkpoint_path)
    scenario = make_scenario(settings.scenario, settings.workload, trace=settings.trace)
    make_folder(settings.out)
    vector = ServingVectorEnv(scenario, settings.envs, autoreset=AutoresetMode.SAME_STEP)
    env = ServingVecEnv(vector, reward_scale=REWARD_SCALE)
    with _threads(settings.threads):
        model = _model(settings, env)
        if settings.resume:
            _resume(model, env, settings)
        write_atomically(settings.out / "train.json", json.dumps(asdict(settings), default=str, indent=2).encode())
        _learn(model, env, settings, progress)
    return checkpoint_path


def _learn(model: PPO, env: ServingVecEnv, settings: TrainSettings, progress: Report) -> None:
    """Training from where it stands to the end."""
    if model.num_timesteps >= settings.steps:
        return
    keeper = Keeper(env, settings)
    callbacks = CallbackList([TaskFigures(env), keeper, Chance(settings.seed), Progress(progress, settings.steps)])
    model.learn(settings.steps - model.num_timesteps, callback=callbacks, reset_num_timesteps=False)
    keeper.save()


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """So many threads for torch meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
    """Writes the checkpoint before every rollout, so that an interrupted run can be resumed."""

    def __init__(self, env: ServingVecEnv, settings: TrainSettings) -> None:
        super().__init__()
        self._env = env
        self._settings = settings

    def save(self) -> None:
        """Write the checkpoint as it stands."""
        assert isinstance(self.model, PPO)
        card = _card(self._settings, self._env.env.scenario, self.model.num_timesteps)
        checkpoint = Checkpoint(card, self.model.get_parameters(), progress_of(self.model, self._env))
        save_checkpoint(self._settings.out / CHECKPOINT_NAME, checkpoint)

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        self.save()


class Chance(BaseCallback):
    """Begins torch's and numpy's chance anew with every rollout, from the seed and the steps done.

    A run that is resumed then needs no generator's state from a file.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        seeds = np.random.SeedSequence((self._seed, self.num_timesteps)).generate_state(1)
        set_random_seed(int(seeds[0]))


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


def _resume(model: PPO, env: ServingVecEnv, settings: TrainSettings) -> None:
    """Let the model and its environments stand where the checkpoint was written."""
    path = settings.out / CHECKPOINT_NAME
    checkpoint = load_checkpoint(path)
    mine, theirs = asdict(_card(settings, env.env.scenario, checkpoint.card.steps)), asdict(checkpoint.card)
    others = [name for name, value in theirs.items() if value != mine[name]]
    if others:
        told = ", ".join(f"{name} {'its own' if theirs[name] is None else theirs[name]}" for name in others)
        raise InputError(f"{path} was trained with {told}: resume it with those")
    restore(model, env, checkpoint)


def _card(settings: TrainSettings, scenario: Scenario, steps: int) -> Card:
    return Card(
        scenario=settings.scenario,
        workload=settings.workload,
        observation_names=Observer.of(scenario).names,
        action_sizes=Codec(scenario.pipeline, scenario.limits).sizes,
        steps=steps,
        **{name: getattr(settings, name) for name in COURSE},
    )
