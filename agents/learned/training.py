"""Training of policies with stable-baselines3: on seeds of training, with validation, checkpoints and resuming."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter, process_time

import torch
from stable_baselines3.common.callbacks import CallbackList
from stable_baselines3.common.logger import configure

from ipagym.agents.learned.algorithms.catalogue import ALGORITHMS
from ipagym.agents.learned.callbacks import Between, Chance, Progress, Report, TaskFigures
from ipagym.agents.learned.checkpoint import CHECKPOINT_NAME, Card, Checkpoint, load_checkpoint, save_checkpoint
from ipagym.agents.learned.curve import Curve
from ipagym.agents.learned.policy_file import BEST, LAST, Policy, PolicyCard, save_policy
from ipagym.agents.learned.recipe import recipe_for
from ipagym.agents.learned.recipe_fields import Recipe
from ipagym.agents.learned.resuming import Learner, progress_of, restore
from ipagym.agents.learned.training_env import Course, TrainingVecEnv
from ipagym.agents.learned.validation import Validation, view_of_many
from ipagym.agents.learned.warm_start import warm_start
from ipagym.bench.storage.readme import write_readme
from ipagym.envs.codec import Codec
from ipagym.envs.observation import Observer
from ipagym.envs.reference_returns import reference_of
from ipagym.envs.scenarios import make_scenario
from ipagym.model.agent import Agent
from ipagym.system.errors import InputError
from ipagym.system.files import is_file, make_folder, write_atomically
from ipagym.task.scenario import Scenario
from ipagym.workload.mixture import Mixture

FILES = {
    BEST: "the policy that was best in validation: `ipagym compare SCENARIO --agents policy:FOLDER`",
    LAST: "the policy of the last update",
    CHECKPOINT_NAME: "the state from which `ipagym train --resume` continues",
    "train.json": "the settings and the recipe",
    "curve.json": "rewards in training and in validation, by steps",
    "tensorboard/": "the same and more, for TensorBoard",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """Settings of one training run. With several workloads, each episode uses one of them. With `warm_start`, the
    policy first imitates the agent of that name.

    The exact weights depend on the number of torch's threads, so that number is a setting and does not depend on the
    machine. One thread is also the fastest: on two shared cores, updates take 5 to 35 times as long with two or four
    threads, on batches of 128 and of 2,048.
    """

    scenario: str
    out: Path
    workloads: tuple[str, ...] = ()
    algorithm: str = "ppo"
    recipe: Recipe = field(default_factory=lambda: recipe_for("ppo", "default"))
    seed: int = 0
    resume: bool = False
    trace: Path | None = None
    threads: int = 1
    warm_start: str | None = None

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise InputError(f"threads must be at least 1, not {self.threads}")
        if not 0 <= self.seed < 2**31:
            raise InputError(f"seed must be in 0..2147483647, not {self.seed}")
        if self.warm_start is not None and self.recipe.preferences:
            raise InputError("a warm start imitates an agent under one objective: leave it or the preferences out")


Teachers = Callable[[str, Scenario], Agent]
"""Makes the agent of a name; `ipagym.agents.make_agent` does."""


def train(
    settings: TrainSettings,
    progress: Report = lambda done, total, best: None,
    teachers: Teachers | None = None,
) -> Path:
    """Train to the end of the recipe, or until validation stops improving; returns the folder.

    The folder gets `last.pt` (the checkpoint for resuming, rewritten after every update), the policies `last.npz` and
    `best.npz`, `train.json`, `curve.json` and TensorBoard logs. A resumed run gives exactly the weights of an
    uninterrupted one.

    `teachers` makes the agent of a warm start.

    Raises:
        InputError: the folder holds a run already and `resume` is not set; there is nothing to resume; the checkpoint
            is damaged or has other settings; or the folder cannot be made.
    """
    _check_out(settings)
    scenario = scenario_to_train(settings.scenario, settings.workloads, settings.trace)
    make_folder(settings.out)
    with _threads(settings.threads):
        Run(settings, scenario, teachers).go(progress)
    return settings.out


def scenario_to_train(name: str, workloads: tuple[str, ...], trace: Path | None = None) -> Scenario:
    """The scenario with its own workload, the given one, or a mixture of the given ones.

    Raises:
        InputError: a name is unknown, or the trace cannot be used.
    """
    if len(workloads) < 2:
        return make_scenario(name, *workloads, trace=trace)
    parts = tuple(make_scenario(name, each, trace=trace).workload for each in workloads)
    return make_scenario(name, Mixture(parts=parts))


class Run:
    """A training run: the model, its environments and its validations so far."""

    def __init__(self, settings: TrainSettings, scenario: Scenario, teachers: Teachers | None = None) -> None:
        recipe = settings.recipe
        self.settings, self.scenario, self.recipe = settings, scenario, recipe
        self.view = recipe.view_of(scenario.objective)
        self.total = recipe.updates * recipe.envs * recipe.rollout
        course = Course(seed=settings.seed, gamma=recipe.gamma, reward_floor=recipe.reward_floor)
        self.algorithm = ALGORITHMS[settings.algorithm]
        self.env = TrainingVecEnv(view_of_many(scenario, recipe.envs, self.view), course, self.algorithm.actions)
        self.model = self.algorithm.make(recipe, self.env, settings.seed)
        self.model.set_logger(configure(str(settings.out / "tensorboard"), ["tensorboard"]))
        self.curve = Curve()
        self._started = perf_counter(), process_time()
        self._validation = Validation(scenario, self.view, recipe.validation_episodes)
        if settings.resume:
            self._resume()
        elif settings.warm_start is not None:
            if teachers is None:
                raise InputError(f"a warm start from {settings.warm_start} needs teachers: ipagym.agents.make_agent")
            warm_start(self._learner(), scenario, self.view, teachers(settings.warm_start, scenario))

    def go(self, report: Report) -> None:
        """Train from the current state to the end."""
        if self.model.num_timesteps >= self.total or self._has_stopped():
            return
        write_atomically(self.settings.out / "train.json", _plain(asdict(self.settings)))
        told = {"scenario": self.settings.scenario, "algorithm": self.settings.algorithm}
        write_readme(self.settings.out, "A training", told | {"seed": str(self.settings.seed)}, FILES)
        callbacks = [
            Chance(self.settings.seed),
            *self.algorithm.callbacks(self.recipe, self.total),
            Between(self.between),
            TaskFigures(self.env, self.curve, self._clairvoyant()),
            Progress(report, self.total, self.curve),
        ]
        left = self.total - self.model.num_timesteps
        every = self.recipe.checkpoint_every  # rollouts of on-policy learners, episodes of others
        self.model.learn(left, callback=CallbackList(callbacks), log_interval=every, reset_num_timesteps=False)
        if not self._has_stopped():
            self.between()

    def between(self) -> bool:
        """Validate if it is due, and write the checkpoint; false if the run is over."""
        done = self.model.num_timesteps
        if not self._is_due(self.recipe.checkpoint_every):
            return True
        policy = self.policy()
        if done > 0 and self._is_due(self.recipe.validate_every) and not self.curve.reaches(done):
            if self.curve.add(done, float(self._validation.rewards(policy).mean())):
                save_policy(self.settings.out / BEST, policy)
            self._write_curve()
        save_policy(self.settings.out / LAST, policy)
        progress = progress_of(self._learner(), self.curve)
        checkpoint = Checkpoint(self._card(done), self.model.get_parameters(), progress)
        save_checkpoint(self.settings.out / CHECKPOINT_NAME, checkpoint)
        return not self._has_stopped()

    def _is_due(self, updates: int) -> bool:
        """True after every `validate_every` updates, and at the end."""
        done = self.model.num_timesteps
        return done % (updates * self.recipe.envs * self.recipe.rollout) == 0 or done >= self.total

    def _learner(self) -> Learner:
        return Learner(self.algorithm, self.model, self.env)

    def _has_stopped(self) -> bool:
        return 0 < self.recipe.patience <= self.curve.since_best()

    def policy(self) -> Policy:
        """The current policy."""
        layers, moments = self.algorithm.layers(self.model), self.env.moments
        return Policy(
            card=self._policy_card(),
            mean=moments.mean,
            variance=moments.variance,
            weights=layers.weights,
            biases=layers.biases,
            lstm=layers.lstm,
        )

    def _policy_card(self) -> PolicyCard:
        scenario = self.scenario
        return PolicyCard(
            algorithm=self.settings.algorithm,
            scenario=self.settings.scenario,
            workloads=self.settings.workloads,
            seed=self.settings.seed,
            steps=self.model.num_timesteps,
            view=self.view,
            observation_names=Observer.of(scenario).names,
            knob_sizes=Codec(scenario.pipeline, scenario.limits).sizes,
            heads=self.env.heads,
            objective=scenario.objective,
        )

    def _card(self, done: int) -> Card:
        own = self.settings
        return Card(
            algorithm=own.algorithm,
            scenario=own.scenario,
            workloads=own.workloads,
            steps_done=done,
            seed=own.seed,
            threads=own.threads,
            recipe=own.recipe,
            warm_start=own.warm_start,
        )

    def _resume(self) -> None:
        path = self.settings.out / CHECKPOINT_NAME
        checkpoint = load_checkpoint(path)
        mine, theirs = _flat(self._card(checkpoint.card.steps_done)), _flat(checkpoint.card)
        if others := [name for name, value in theirs.items() if value != mine[name]]:
            told = ", ".join(
                f"{name} {theirs[name] if theirs[name] not in ((), None) else 'its own'}" for name in others
            )
            raise InputError(f"{path} was trained with {told}: resume it with those")
        self.curve = restore(self._learner(), checkpoint)

    def _clairvoyant(self) -> float | None:
        """The clairvoyant's mean reward per window under the scenario's own weights, if weights are not drawn."""
        reference = reference_of(self.settings.scenario, self.scenario)
        return None if reference is None or self.view.preferences else reference.clairvoyant / reference.steps

    def _write_curve(self) -> None:
        wall_s, processor_s = perf_counter() - self._started[0], process_time() - self._started[1]
        names = ("steps", "reward", "best")
        rows = [dict(zip(names, row, strict=True)) for row in self.curve.rows]
        content = {"wall_s": round(wall_s, 1), "processor_s": round(processor_s, 1), "curve": rows}
        write_atomically(self.settings.out / "curve.json", _plain(content))


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Set the number of torch's threads within the body."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _check_out(settings: TrainSettings) -> None:
    path = settings.out / CHECKPOINT_NAME
    if settings.resume and not is_file(path):
        raise InputError(f"nothing to resume in {settings.out}: it holds no {CHECKPOINT_NAME}")
    if not settings.resume and is_file(path):
        raise InputError(f"{settings.out} holds a run already: resume it with --resume, or choose another --out")


def _flat(card: Card) -> dict[str, object]:
    """The settings of a card and of its recipe by name."""
    fields = asdict(card)
    return {**fields.pop("recipe"), **fields}


def _plain(content: dict[str, object]) -> bytes:
    return json.dumps(content, default=str, indent=2).encode()
