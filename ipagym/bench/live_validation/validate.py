"""The simulator compared with a live cluster: one run calibrates it, the others measure its errors."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ipagym.bench.live_validation import calibration as fit
from ipagym.bench.live_validation.errors import Errors, errors, frame
from ipagym.bench.live_validation.trial import Logging, Trial, played, simulated, steady
from ipagym.model.pipeline import Pipeline
from ipagym.system.files import write_atomically
from ipagym.system.progress import Tick
from ipagym.task.scenario import Scenario

CALIBRATING = 0.5
"""Utilisation of the calibrating run: a saturated machine is slower than one in use."""

CALIBRATING_SEED = 100_000
"""Of the validation split: no arrivals that errors are measured on."""

MakeLive = Callable[[Scenario], Logging]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Trials, and the seeds that each is played on."""

    trials: Sequence[Trial]
    seeds: Sequence[int]


def calibrated_on(task: Scenario, make_live: MakeLive, duration_s: int, kept: Path | None = None) -> Pipeline:
    """The task's pipeline with the latencies that a live run at half load has; the run's figures are kept in a file.

    Raises:
        InputError: the file has those of another task or duration.
    """
    (trial,) = steady(task.pipeline, [CALIBRATING], duration_s)
    scenario = trial.scenario(task, task.pipeline)
    if kept is not None and kept.is_file():
        found = fit.read(kept, scenario.digest())
    else:
        with closing(make_live(scenario)) as cluster:
            run = played(trial, cluster, CALIBRATING_SEED)
        found = fit.calibrate(task.pipeline, run.log, trial.configuration)
        if kept is not None:
            write_atomically(kept, fit.written(found, scenario.digest()))
    return fit.calibrated(task.pipeline, found, trial.configuration)


def validate(
    task: Scenario, make_live: MakeLive, plan: Plan, *, pipeline: Pipeline, out: Path, tick: Tick
) -> pd.DataFrame:
    """A row of errors for each run, in `out` (CSV) as well; what is there is not played again.

    `pipeline` is the calibrated one. `tick` is told how many runs are done.
    """
    rows = pd.read_csv(out) if out.is_file() else frame([])
    wanted = [(trial, seed) for trial in plan.trials for seed in plan.seeds]
    for done, (trial, seed) in enumerate(wanted, 1):
        if not _is_known(rows, trial, seed):
            found = one_run(task, make_live, trial, seed=seed, pipeline=pipeline)
            rows = pd.concat([rows, frame([(trial.name, seed, found)])], ignore_index=True)
            write_atomically(out, rows.to_csv(index=False).encode())
        tick(done, len(wanted))
    return rows


def one_run(task: Scenario, make_live: MakeLive, trial: Trial, *, seed: int, pipeline: Pipeline) -> Errors:
    """The errors of one trial on one seed: the same arrivals, live and simulated."""
    scenario = trial.scenario(task, pipeline)
    with closing(make_live(trial.scenario(task, task.pipeline))) as cluster:
        live = played(trial, cluster, seed)
    # What a change leaves of the first configuration is a part of the run only.
    drift = fit.drift(pipeline, live.log, trial.configuration) if trial.changed is None else float("nan")
    return errors(live, simulated(trial, scenario, seed), task.pipeline.slo_s, drift)


def _is_known(rows: pd.DataFrame, trial: Trial, seed: int) -> bool:
    return not rows.empty and bool(((rows["trial"] == trial.name) & (rows["seed"] == seed)).any())
