"""Scenarios from YAML files: what they say arrives, and what is wrong with them is one line."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from ipagym.envs import make_scenario
from ipagym.envs.scenario_file import load_scenario
from ipagym.envs.scenario_schema import (
    DropFile,
    FaultsFile,
    LimitsFile,
    NetworkFile,
    ObjectiveFile,
    PhysicsFile,
    ScenarioFile,
    TelemetryFile,
)
from ipagym.system.errors import InputError
from ipagym.task.faults import MIXTURES, Faults, by_name
from ipagym.task.physics import DropPolicy

FULL = """
pipeline: video
workload: step:5:25
slo_s: 1.5
interval_s: 5
limits: {max_replicas: 4, node_cores: [16, 8], max_deployments: 2}
physics:
  order: edf
  batch_timeout_s: 0.5
  drop: {hopeless: true, max_queue: 100}
  service: gamma:0.5
  arrivals: gamma:2
  resize_s: null
  keep_alive_s: 20
faults: {crashes_per_hour: 3, straggler: 0.1}
objective: {alpha: 2, violation: 7, energy: 0.5}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def test_what_is_left_out_is_the_profiles(tmp_path: Path) -> None:
    assert load_scenario(written(tmp_path, "pipeline: video\n")) == make_scenario("video")


def test_everything_said_arrives(tmp_path: Path) -> None:
    chosen = load_scenario(written(tmp_path, FULL))
    assert (chosen.workload.name, chosen.pipeline.slo_s, chosen.interval_s) == ("step", 1.5, 5.0)
    assert (chosen.limits.max_replicas, chosen.limits.node_cores, chosen.limits.max_deployments) == (4, (16, 8), 2)
    assert chosen.physics.faults == Faults(crashes_per_hour=3.0, straggler=0.1)
    assert chosen.physics.drop == DropPolicy(hopeless=True, max_queue=100)
    assert (chosen.physics.order, chosen.physics.service, chosen.physics.arrivals) == ("edf", "gamma:0.5", "gamma:2")
    assert (chosen.physics.batch_timeout_s, chosen.physics.resize_s, chosen.physics.keep_alive_s) == (0.5, None, 20.0)
    assert (chosen.objective.alpha, chosen.objective.violation, chosen.objective.energy) == (2.0, 7.0, 0.5)
    assert chosen.objective.beta == make_scenario("video").objective.beta


def test_a_profile_is_found_beside_its_scenario(tmp_path: Path) -> None:
    source = Path(__file__).parents[1] / "profiles" / "video.yaml"
    (tmp_path / "own.yaml").write_text(source.read_text())
    assert load_scenario(written(tmp_path, "pipeline: own.yaml\n")).pipeline.name == "video"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "mine.yaml: the file: None: Input should be"),
        ("[]", "mine.yaml: the file"),
        ("pipeline: vidoe", "mine.yaml: unknown pipeline 'vidoe': did you mean 'video'?"),
        ("pipeline: video\nworkload: lots", "mine.yaml: unknown workload 'lots'"),
        ("pipeline: video\nslo_s: -1", "mine.yaml: slo_s: -1"),
        ("pipeline: video\nslo_s: .nan", "mine.yaml: slo_s"),
        ("pipeline: video\ninterval_s: 99999", "interval_s must be at least 0.01 s and at most half"),
        ("pipeline: video\nphysics: {order: lifo}", "mine.yaml: physics.order: 'lifo'"),
        ("pipeline: video\nphysics: {service: loud}", "mine.yaml: unknown service distribution 'loud'"),
        ("pipeline: video\nphysics: {keep_alive_s: 0.1}", "mine.yaml: keep_alive_s must be finite and at least"),
        ("pipeline: video\nlimits: {max_replicas: 1000000}", "mine.yaml: limits.max_replicas: 1000000"),
        ("pipeline: video\nlimits: {node_cores: [0]}", "mine.yaml: limits.node_cores.0: 0"),
        ("pipeline: video\nfaults: some", "mine.yaml: unknown faults 'some'"),
        ("pipeline: video\nfaults: {node_losses_per_hour: 1}", "node_losses_per_hour needs nodes"),
        ("pipeline: video\nfauls: none", "mine.yaml: fauls: 'none': Extra inputs are not permitted"),
        ("pipeline: nowhere.yaml", "no profile file"),
        ("pipeline: !!python/object/apply:os.system [ls]", "mine.yaml: line 1: not valid YAML"),
        ("pipeline: video\nlimits: &a [*a, *a]", "mine.yaml: line 2: not valid YAML (aliases are not supported"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError) as error:
        load_scenario(written(tmp_path, text))
    assert complaint in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 500


BOMBS = {
    "aliases": ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 20))],
    "merges": ["a0: &a0 {x: 1}", *(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}" for i in range(1, 60))],
}


@pytest.mark.parametrize("lines", BOMBS.values(), ids=BOMBS)
def test_a_small_file_that_stands_for_a_huge_value_is_refused(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(InputError, match=r"mine.yaml: line 2: not valid YAML \(aliases are not supported"):
        load_scenario(written(tmp_path, "\n".join(lines)))


def test_every_mixture_of_faults_fits_scenarios_with_and_without_nodes() -> None:
    for name in MIXTURES:
        assert make_scenario("video", faults=name).physics.faults == by_name(name, has_nodes=False)
    with pytest.raises(InputError, match="unknown faults 'usal': did you mean 'usual'"):
        make_scenario("video", faults="usal")


def test_the_docs_name_every_field() -> None:
    text = (Path(__file__).parents[1] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    forms: list[type[BaseModel]] = [
        ScenarioFile,
        LimitsFile,
        ObjectiveFile,
        PhysicsFile,
        DropFile,
        NetworkFile,
        TelemetryFile,
        FaultsFile,
    ]
    missing = [name for form in forms for name in form.model_fields if f"`{name}`" not in text]
    assert missing == []
