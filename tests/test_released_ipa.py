"""The released IPA problem: its published base allocations, SLAs and logged decisions come out again."""

import csv
from functools import cache
from pathlib import Path

import pytest

from ipagym import profiles
from ipagym.model.pipeline import Pipeline
from ipagym.optimize.ipa.program import solve
from ipagym.optimize.ipa.released import ReleasedSettings, base_cores, released_problem, sla_s
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective

PUBLISHED = Path(__file__).parents[2] / "shared" / "data" / "ipa"
needs_data = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published decisions are not at hand")

LONE = ReleasedSettings(threshold_rps=4.0)


@cache
def pipeline(name: str) -> Pipeline:
    return profiles.load(name).pipeline


def rows(name: str) -> list[dict[str, str]]:
    with (PUBLISHED / name).open() as file:
        return list(csv.DictReader(file))


def settings(row: dict[str, str]) -> ReleasedSettings:
    mode = row["baseline_mode"]
    return ReleasedSettings(
        threshold_rps=float(row["threshold"]),
        throughput_margin=float(row["throughput_margin"]) / 100,
        latency_margin=float(row["latency_margin"]) / 100,
        accuracy="product" if row["accuracy_method"] == "multiply" else "sum",
        values="ranks" if row["normalize_accuracy"] == "True" else "measured",
        max_batch=int(row["batching_cap"]),
        variants=tuple(row["initial_active_model"].split("|")) if mode == "scale" else None,
        replicas=tuple(map(int, row["initial_replica"].split("|"))) if mode == "switch" else None,
    )


@needs_data
def test_objectives_of_the_logged_decisions_come_out_again() -> None:
    logged = rows("ipa_golden_decisions_unique.csv")
    wrong = []
    for row in logged:
        weights = Objective(alpha=float(row["alpha"]), beta=float(row["beta"]), delta=float(row["gamma"]))
        problem = released_problem(pipeline(row["pipeline"]), float(row["predicted_load_rps"]), weights, settings(row))
        found = solve(problem)
        low, high = float(row["obj_min"]) - 2e-5, float(row["obj_max"]) + 2e-5
        if not (found.feasible and low <= found.objective <= high):
            wrong.append((row["pipeline"], row["baseline_mode"], row["predicted_load_rps"], found.objective, low, high))
    assert len(logged) == 1999
    assert len(wrong) <= 0.001 * len(logged)


@needs_data
def test_base_cores_are_the_published_ones() -> None:
    seen = 0
    for row in rows("ipa_base_profiles.csv"):
        margins = (float(row["throughput_margin_pct"]) / 100, float(row["latency_margin_pct"]) / 100)
        chosen = ReleasedSettings(
            threshold_rps=float(row["threshold_rps"]), throughput_margin=margins[0], latency_margin=margins[1]
        )
        stage = pipeline(row["pipeline"]).stages[int(row["stage_index"])]
        assert base_cores(stage, chosen)[row["variant"]] == int(row["base_cores"]), row
        seen += 1
    assert seen > 50


@needs_data
def test_slas_are_the_published_ones() -> None:
    for row in rows("ipa_slas.csv"):
        chosen = ReleasedSettings(threshold_rps=1.0, latency_margin=float(row["latency_margin_pct"]) / 100)
        total_s = sum(sla_s(stage, chosen) for stage in pipeline(row["pipeline"]).stages)
        assert total_s == pytest.approx(float(row["pipeline_sla_s_optimizer"]), abs=5e-5)


def test_profiles_hold_the_base_cores_and_slas_of_the_rules() -> None:
    for name, threshold_rps, throughput_margin, latency_margin in (
        ("video", 4.0, 0.0, 0.0),
        ("audio-qa", 1.0, -0.5, 1.0),
        ("audio-sent", 1.0, -0.5, 1.0),
        ("sum-qa", 5.0, -0.5, 0.0),
        ("nlp", 4.0, -0.5, 0.0),
    ):
        chosen = ReleasedSettings(
            threshold_rps=threshold_rps, throughput_margin=throughput_margin, latency_margin=latency_margin
        )
        profile = profiles.load(name)
        for stage in profile.pipeline.stages:
            assert base_cores(stage, chosen) == {v.name: v.base_cores for v in stage.variants}
        paper_s = sum(sla_s(stage, chosen) for stage in profile.pipeline.stages)
        assert profile.pipeline.slo_s == pytest.approx(paper_s, abs=5e-5)
        assert profile.tight_slo_s == pytest.approx(paper_s / 5 / (1 + latency_margin), abs=5e-5)


def test_a_threshold_that_nothing_carries_is_refused() -> None:
    with pytest.raises(InputError, match="carries 400 rps on no number of cores"):
        base_cores(pipeline("video").stages[0], ReleasedSettings(threshold_rps=400))


def test_ranks_stand_for_accuracies() -> None:
    problem = released_problem(pipeline("video"), 5.0, Objective(), LONE)
    assert sorted({choice.accuracy for choice in problem.stages[0]}) == [0.05, 0.25, 0.5, 0.75, 1.0]
