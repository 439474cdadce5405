"""A search for a recipe with Optuna: trained on training seeds, chosen by validation, and stored in a file."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from ipagym.agents.learned.recipe import recipe_for
from ipagym.agents.learned.recipe_fields import Recipe
from ipagym.agents.learned.search_space import SPACES, drawn_settings
from ipagym.agents.learned.training import TrainSettings, train
from ipagym.system.errors import InputError
from ipagym.system.files import write_atomically

STARTING = 5
"""Number of first trials that are random and run to their end; later ones end early if they are below the median of the
others at the same step.
"""

FIRST_PART = 0.25
"""Share of the steps in which no trial ends early."""

OVER = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True, kw_only=True, slots=True)
class TuneSettings:
    """A search. `base` has the training of every trial; folders of trials are in `base.out`. `trials` is their total
    number, including those of earlier calls with the same `storage`. `changes` are settings that are not searched,
    applied to `own` or the package's recipe.
    """

    base: TrainSettings
    storage: Path
    trials: int
    changes: dict[str, Any]
    own: Path | None = None


Told = Callable[[int, int, float | None], None]
"""Called with the number of finished trials, the steps done in the current one, and the best validation reward."""


def tune(settings: TuneSettings, told: Told = lambda trials, steps, best: None) -> tuple[Recipe, float]:
    """Run the remaining trials; returns the best recipe and its reward per window in validation.

    Raises:
        InputError: the storage holds another search or cannot be read, or no trial was completed.
    """
    study = _study(settings)
    while (over := len(study.get_trials(deepcopy=False, states=OVER))) < settings.trials:
        study.optimize(partial(_reward, settings, over=over, told=told), n_trials=1)
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        raise InputError(f"no trial of {settings.storage} has come to its end: give more --trials")
    return _recipe(settings, study.best_trial), study.best_value


def write_recipe(path: Path, recipe: Recipe, comment: str) -> None:
    """Write a recipe that `ipagym train --recipe` takes."""
    section = yaml.safe_dump({"default": json.loads(json.dumps(asdict(recipe)))}, sort_keys=False)
    write_atomically(path, f"# {comment}\n{section}".encode())


def _study(settings: TuneSettings) -> optuna.Study:
    base, path = settings.base, settings.storage
    described = json.dumps(
        [base.algorithm, base.scenario, base.workloads, base.seed, settings.changes, str(settings.own)]
    )
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(path)))
        study = optuna.create_study(study_name="ipagym", storage=storage, direction="maximize", load_if_exists=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} cannot be read as a search ({type(error).__name__}): choose another file") from error
    if study.user_attrs.setdefault("of", described) != described:
        raise InputError(f"{path} holds a search of {study.user_attrs['of']}, not of {described}: choose another file")
    if not study.trials and base.out.exists():
        raise InputError(f"{base.out} holds trials of another search than {path}: choose another file, or delete it")
    study.set_user_attr("of", described)
    study.sampler = optuna.samplers.TPESampler(seed=base.seed + len(study.trials), n_startup_trials=STARTING)
    first = int(FIRST_PART * recipe_for(base.algorithm, base.scenario, settings.changes, settings.own).steps)
    study.pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTING, n_warmup_steps=first)
    return study


def _recipe(settings: TuneSettings, trial: optuna.trial.BaseTrial | optuna.trial.FrozenTrial) -> Recipe:
    base = settings.base
    drawn = drawn_settings(SPACES[base.algorithm], trial)
    return recipe_for(base.algorithm, base.scenario, drawn | settings.changes, settings.own)


def _reward(settings: TuneSettings, trial: optuna.Trial, over: int, told: Told) -> float:
    """The best reward per window in validation; ends early with Optuna's own exception."""
    recipe = _recipe(settings, trial)
    every = recipe.envs * recipe.rollout * recipe.validate_every
    validated = 0

    def report(done: int, total: int, best: float | None) -> None:
        nonlocal validated
        told(over, done, best)
        if best is None or done // every == validated:
            return
        validated = done // every
        trial.report(best, done)
        if trial.should_prune():
            raise optuna.TrialPruned

    out = train(replace(settings.base, recipe=recipe, out=settings.base.out / str(trial.number)), report)
    rows = json.loads((out / "curve.json").read_text())["curve"]
    return float(rows[-1]["best"])
