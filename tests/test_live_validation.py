"""The simulator beside a live cluster: what calibration finds, what errors are, and the commands."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ipagym.bench.live_validation.calibration import calibrate, calibrated, drift, read, written
from ipagym.bench.live_validation.errors import errors, frame, summary
from ipagym.bench.live_validation.trial import Run, Trial, changes, rate_at, simulated, steady, usual_configuration
from ipagym.cli import main
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.profiles import load, load_file
from ipagym.system.errors import InputError
from tests.live_scenarios import live_scenario
from tests.tiny import setting

DIGITS = load("digits").pipeline
TASK = live_scenario((5.0,) * 60, setting(2), pipeline=DIGITS)


def slower(pipeline: Pipeline, factors: tuple[float, ...]) -> Pipeline:
    """The pipeline on a machine on which stages take so many times as long."""

    def stage(old: Stage, factor: float) -> Stage:
        variants = []
        for variant in old.variants:
            models = {
                cores: replace(
                    model := variant.latency_on(cores),
                    average_s={b: s * factor for b, s in model.average_s.items()},
                    p99_s={b: s * factor for b, s in model.p99_s.items()},
                )
                for cores in variant.core_choices
            }
            base = models.pop(variant.base_cores)
            variants.append(replace(variant, latency=base, on_cores=models))
        return replace(old, variants=tuple(variants))

    stages = tuple(stage(old, factor) for old, factor in zip(pipeline.stages, factors, strict=True))
    return replace(pipeline, stages=stages)


def run_of(pipeline: Pipeline, trial: Trial, seed: int = 0) -> Run:
    return simulated(trial, trial.scenario(TASK, pipeline), seed)


def test_calibration_finds_how_slow_each_stage_is() -> None:
    (trial,) = steady(DIGITS, [0.5], 120)
    there = slower(DIGITS, (1.4, 0.7))
    found = calibrate(DIGITS, run_of(there, trial).log, trial.configuration)
    assert [each.ratio for each in found] == pytest.approx([1.4, 0.7], rel=0.02)
    pipeline = calibrated(DIGITS, found, trial.configuration)
    for new, real, seen in zip(pipeline.stages, there.stages, trial.configuration.first_deployments, strict=True):
        for cores in (1, 4):  # the run had one core
            for batch in (1, 2):
                said, truth = (stage.variant(seen.variant).latency_on(cores) for stage in (new, real))
                assert said.average(batch) == pytest.approx(truth.average(batch), rel=0.04)
        assert new.variants[0].latency.average(1) == pytest.approx(real.variants[0].latency.average(1), rel=0.03)
    assert abs(drift(pipeline, run_of(there, trial, 1).log, trial.configuration)) < 0.03


def test_the_spread_is_that_of_the_run() -> None:
    (trial,) = steady(DIGITS, [0.5], 400)
    found = calibrate(DIGITS, run_of(DIGITS, trial).log, trial.configuration)
    for stage, each, seen in zip(DIGITS.stages, found, trial.configuration.first_deployments, strict=True):
        sigmas = [stage.variant(seen.variant).latency.noise_sigma(batch) for batch in (1, 2)]
        assert min(sigmas) * 0.9 < each.sigma < max(sigmas) * 1.1


def test_a_run_has_no_error_beside_itself_and_a_slower_one_a_positive_one() -> None:
    (trial,) = steady(DIGITS, [0.4], 60)
    here, there = run_of(DIGITS, trial), run_of(slower(DIGITS, (2.0, 2.0)), trial)
    none = errors(here, here, slo_s=0.2, drift=0.0)
    assert (none.mean, none.p99, none.violations, none.cores, none.accuracy) == (0, 0, 0, 0, 0)
    found = errors(here, there, slo_s=0.2, drift=0.0)
    latency_s = [run.log.latency_s.mean() for run in (here, there)]
    assert found.mean == pytest.approx(100 * (latency_s[1] / latency_s[0] - 1))
    late = [float((run.log.latency_s > 0.2).mean()) for run in (here, there)]
    assert found.violations == pytest.approx(100 * (late[1] - late[0]))
    assert found.violations > 0


def test_the_load_keeps_the_busiest_stage_so_busy() -> None:
    configuration = usual_configuration(DIGITS)
    full = rate_at(1.0, DIGITS, configuration)
    assert rate_at(0.25, DIGITS, configuration) == pytest.approx(full / 4)
    (trial,) = steady(DIGITS, [0.6], 120)
    run = run_of(DIGITS, trial)
    assert 0.55 < errors(run, run, slo_s=1.0, drift=0.0).utilisation < 0.85  # batches are not always full


def test_every_knob_is_turned_half_way() -> None:
    trials = changes(DIGITS, 0.3, 20)
    assert [trial.name.removeprefix("change of ") for trial in trials] == ["replicas", "variant", "batch", "cores"]
    for trial in trials:
        windows = run_of(DIGITS, trial).windows
        assert windows[1].configuration == trial.configuration
        assert windows[-1].configuration == trial.changed != trial.configuration


def test_a_summary_has_medians_and_intervals() -> None:
    (trial,) = steady(DIGITS, [0.4], 20)
    here = run_of(DIGITS, trial)
    rows = [
        ("one", seed, replace(errors(here, here, slo_s=1.0, drift=0.0), mean=mean))
        for seed, mean in enumerate((1.0, 2.0, 6.0))
    ]
    row = summary(frame(rows)).iloc[0]
    assert row["mean"] == 2.0
    assert row["mean ±"] == pytest.approx(4.302653 * np.std([1, 2, 6], ddof=1) / 3**0.5)


def test_a_calibration_is_read_as_written(tmp_path: Path) -> None:
    (trial,) = steady(DIGITS, [0.5], 60)
    found = calibrate(DIGITS, run_of(DIGITS, trial).log, trial.configuration)
    path = tmp_path / "calibration.json"
    path.write_bytes(written(found, "mark"))
    assert read(path, "mark") == found
    with pytest.raises(InputError, match="another scenario"):
        read(path, "other")
    for wrong in (b"", b"{}", b"[]", b'{"stages": [1], "scenario_hash": "mark"}'):
        path.write_bytes(wrong)
        with pytest.raises(InputError, match="no calibration"):
            read(path, "mark")


def test_the_command_plays_what_is_not_there_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["validate-live", "digits", "--backend", "rehearsal", "--utilisation", "0.3", "--duration", "4"]
    options = ["--no-changes", "--out", str(tmp_path)]
    assert main([*command, *options, "--runs", "1"]) == 0
    first = pd.read_csv(tmp_path / "runs.csv")
    assert "utilisation 0.3" in capsys.readouterr().out
    assert abs(first["mean"][0]) < 30
    assert main([*command, *options, "--runs", "2"]) == 0
    second = pd.read_csv(tmp_path / "runs.csv")
    assert second["seed"].tolist() == [0, 1]
    assert second.iloc[0].equals(first.iloc[0])
    assert main([*command, *options, "--duration", "6"]) == 2
    assert "another scenario or duration" in capsys.readouterr().err


def _without_latency(stage: Stage, latency: LatencyModel) -> Stage:
    return replace(stage, variants=tuple(replace(each, latency=latency, on_cores={}) for each in stage.variants))


def test_a_calibrated_profile_can_be_served(tmp_path: Path) -> None:
    out = tmp_path / "here.yaml"
    assert main(["calibrate", "digits", "--backend", "rehearsal", "--duration", "4", "--out", str(out)]) == 0
    found = load_file(out).pipeline
    assert found.accuracy_by_combination == DIGITS.accuracy_by_combination
    assert replace(found, stages=DIGITS.stages) == DIGITS
    known = DIGITS.stages[0].variants[0].latency
    for mine, theirs in zip(found.stages, DIGITS.stages, strict=True):
        assert _without_latency(mine, known) == _without_latency(theirs, known)
    ratio = found.stages[0].variants[0].latency.average(1) / DIGITS.stages[0].variants[0].latency.average(1)
    assert 0.8 < ratio < 1.6


REFUSED = [
    (["validate-live", "digits", "--backend", "compiled"], "is a simulator itself"),
    (["validate-live", "digits", "--utilisation", "0.3,2"], "between 0 and 1"),
    (["validate-live", "video", "--backend", "local", "--duration", "4"], "no models"),
]


@pytest.mark.parametrize(("command", "said"), REFUSED)
def test_what_cannot_be_is_refused(
    command: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
