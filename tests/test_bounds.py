"""What a scenario bounds is bound, or said to be impossible; and where its paths count from."""

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from ipagym.agents import make_agent
from ipagym.bench.episode import run_episode
from ipagym.cli import main
from ipagym.cluster.sim import ENGINES
from ipagym.envs import ServingEnv, ServingVectorEnv, make_scenario
from ipagym.envs.scenario_file import load_scenario
from ipagym.model.configuration import Limits
from ipagym.model.placement import placed
from ipagym.system.errors import InputError
from ipagym.task.faults import MIXTURES, NONE
from tests.plain_yaml import dumped

CASES = Path(__file__).parents[2] / "shared" / "cases" / "scen"


def variant(name: str, cores: int, *on_cores: int) -> dict[str, object]:
    measured = {"average_s": {1: 0.1 / cores, 2: 0.15 / cores}, "p99_s": {1: 0.2 / cores, 2: 0.3 / cores}}
    others = {c: {kind: {b: s / c for b, s in of.items()} for kind, of in measured.items()} for c in on_cores}
    return {"name": name, "accuracy": 0.5, "base_cores": cores, "load_s": 3.0, **measured, "on_cores": others}


def stage(name: str, *variants: dict[str, object], **more: object) -> dict[str, object]:
    return {"name": name, "batches": [1, 2], "variants": list(variants), **more}


def profile(folder: Path, *stages: dict[str, object]) -> str:
    content = {
        "name": "own", "description": "of my own", "slo_s": 2.0, "batch_timeout_s": 0.1, "idle_watts_per_core": 1.0,
        "busy_watts_per_core": 2.0, "objective": {"alpha": 1.0, "beta": 1.0, "delta": 0.0}, "stages": list(stages),
    }  # fmt: skip
    (folder / "own.yaml").write_text(dumped(content))
    return "own.yaml"


def written(folder: Path, **content: object) -> Path:
    path = folder / "mine.yaml"
    path.write_text(dumped({"pipeline": "video", "workload": "constant:5:60", **content}))
    return path


def refused(folder: Path, **content: object) -> str:
    with pytest.raises(InputError) as error:
        load_scenario(written(folder, **content))
    return str(error.value)


def test_a_start_that_no_node_holds_is_refused(tmp_path: Path) -> None:
    big = [{"variant": "yolov5x"}, {"variant": "resnet18"}]
    found = refused(tmp_path, limits={"node_cores": [4, 2]}, initial=big)
    assert "stage crop starts without a replica: one of yolov5x takes 8 cores, the largest node has 4" in found
    small = [{"variant": "yolov5n", "replicas": 4}, {"variant": "resnet18"}]
    assert (
        "stage classification starts without a replica: one of resnet18 takes 1 core, and no node has so much left"
        in (refused(tmp_path, limits={"node_cores": [4]}, initial=small))
    )
    assert load_scenario(written(tmp_path, limits={"node_cores": [4, 1]}, initial=small))


def test_a_start_that_is_not_written_fits_where_it_can(tmp_path: Path) -> None:
    for limits in ({"node_cores": [3]}, {"node_cores": [1, 1]}, {"max_cores": 3}, {"max_cores": 2}):
        chosen = load_scenario(written(tmp_path, workload="constant:90:60", limits=limits))
        assert 0 not in placed(chosen.initial, chosen.pipeline, chosen.limits)
        env = ServingEnv(chosen)
        env.reset(seed=0)
        window = env.step(env.codec.encode(chosen.initial))[4]["truth"]
        assert window["completed"] > 0
        assert window["stages"]["ready"].max() > 0
    chosen = load_scenario(written(tmp_path, workload="constant:90:60", limits={"node_cores": [3]}))
    assert [setting.first.replicas for setting in chosen.initial.stages] == [2, 2], (
        "the third core goes to the first come"
    )
    assert "stage classification starts without a replica" in refused(tmp_path, limits={"node_cores": [1]})
    assert "max_cores 1 is too little for one replica of every stage" in refused(tmp_path, limits={"max_cores": 1})


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_placed_is_what_the_engines_find_room_for(engine: type, tmp_path: Path) -> None:
    initial = [{"variant": "yolov5l", "replicas": 3}, {"variant": "resnet18", "replicas": 5}]
    chosen = load_scenario(written(tmp_path, limits={"node_cores": [9, 6]}, initial=initial))
    cluster = engine(chosen)
    cluster.reset(0)
    ready = tuple(each.ready for each in cluster.advance(1.0).stages)
    assert ready == placed(chosen.initial, chosen.pipeline, chosen.limits)
    assert sum(ready) < 8, "some have no room"


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not at hand")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("impossible", "stage serve starts without a replica: one of n takes 2 cores, the largest node has 1"),
        ("impossible2", "stage classification starts without a replica: one of resnet18 takes 1 core"),
    ],
)
def test_impossible_scenarios_give_one_line(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(CASES / f"{name}.yaml"), "--agents", "hold"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("pins", "said"),
    [
        ("yolov5x+resnet18", "a replica of stage crop takes 8 cores, the largest node has 4"),
        ("n=5", "replicas of stage crop must be in 1..4, not 5"),
        ("c=2", "cores of yolov5n must be one of (1,), not 2"),
        ("b=16", "batch of stage crop must be one of (1, 2, 4, 8), not 16"),
    ],
)
def test_pinned_knobs_keep_to_the_bounds(pins: str, said: str, tmp_path: Path) -> None:
    chosen = load_scenario(written(tmp_path, limits={"node_cores": [4, 4], "max_replicas": 4}))
    with pytest.raises(InputError) as error:
        make_agent(f"hpa@{pins}", chosen)
    assert said in str(error.value)


def test_pinned_cores_that_no_node_has_are_refused(tmp_path: Path) -> None:
    chosen = load_scenario(written(tmp_path, limits={"node_cores": [4, 4]}, knobs=["variant", "cores"]))
    assert make_agent("hold@c=4", chosen)
    with pytest.raises(InputError, match="a replica of stage crop takes 8 cores, the largest node has 4"):
        make_agent("hold@c=8", chosen)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"limits": {"max_replicas": 4}}, "limits.max_replicas 4 does not apply: add replicas to knobs"),
        ({"limits": {"max_deployments": 2}}, "limits.max_deployments 2 does not apply: add variant to knobs"),
        ({"max_batch": 4}, "max_batch 4 does not apply: add batch to knobs"),
    ],
)
def test_a_bound_of_a_knob_that_is_not_open_is_refused(content: dict[str, object], said: str, tmp_path: Path) -> None:
    assert said in refused(tmp_path, knobs=["cores"], **content)


def test_limits_chosen_by_the_caller_open_no_knob() -> None:
    chosen = make_scenario("sponge", limits=Limits(node_cores=(16,)))
    assert (chosen.limits.max_replicas, chosen.limits.node_cores) == (1, (16,))
    assert ServingEnv(chosen).codec.names == ServingEnv(make_scenario("sponge")).codec.names


def test_faults_chosen_by_the_caller_replace_those_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, faults={"straggler": 0.5})
    assert make_scenario(str(path)).physics.faults.straggler == 0.5
    assert make_scenario(str(path), faults="none").physics.faults == NONE
    assert make_scenario(str(path), faults="usual").physics.faults.straggler == MIXTURES["usual"].straggler


def test_all_paths_count_from_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine: a@b"
    (folder / "data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    profile(folder / "data", stage("only", variant("one", 1)))
    (folder / "data" / "load.txt").write_text("3 " * 90)
    (folder / "data" / "link.txt").write_text("2.5 " * 10)
    long = "data/" + "./" * 60
    path = written(
        folder, pipeline="data/own.yaml", workload="trace:data/load.txt:10-70",
        network={"name": f"trace:{long}link.txt"},
        loads={"mine": {"workload": "trace:data/load.txt"}, f"trace:{folder}/data/load.txt:0-50": {}},
    )  # fmt: skip
    for name in (str(path), str(path.relative_to(tmp_path))):
        chosen = make_scenario(name)
        assert (chosen.pipeline.name, chosen.workload.duration_s) == ("own", 60)
        assert chosen.network is not None
        assert make_scenario(name, "mine").workload.duration_s == 90
        assert make_scenario(name, f"trace:{folder}/data/load.txt:0-50").workload.duration_s == 50
    with pytest.raises(InputError, match=r"no trace file data/load\.txt"):
        make_scenario(str(path), "trace:data/load.txt")  # what the caller names counts from where the caller is


def test_endings_in_capitals_are_files_too(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert make_scenario(str(path.rename(tmp_path / "MINE.YAML"))) == make_scenario("video", "constant:5:60")


def test_a_profile_may_branch(tmp_path: Path) -> None:
    one = variant("one", 1)
    stages = [stage("in", one), stage("left", one, after=["in"]), stage("right", one, after=["in"]),
              stage("out", one, after=["left", "right"])]  # fmt: skip
    chosen = load_scenario(written(tmp_path, pipeline=profile(tmp_path, *stages), initial=[{"variant": "one"}] * 4))
    assert chosen.pipeline.predecessors == ((), (0,), (0,), (1, 2))
    windows = [run_episode(make_agent("hold", chosen), ENGINES[name](chosen), chosen, 0).windows for name in ENGINES]
    assert sum(w.completed for w in windows[0]) == sum(w.completed for w in windows[1]) > 100
    no_chain = [stage("a", one), stage("b", one, after=[])]
    assert load_scenario(written(tmp_path, pipeline=profile(tmp_path, *no_chain))).pipeline.predecessors == ((), ())


def test_variants_measured_on_different_cores_run_everywhere(tmp_path: Path) -> None:
    unequal = stage("only", variant("fixed", 3), variant("few", 1, 2), variant("many", 2, 4, 8))
    path = written(tmp_path, pipeline=profile(tmp_path, unequal), knobs=["variant", "cores"],
                   initial=[{"variant": "few"}])  # fmt: skip
    chosen = load_scenario(path)
    env = ServingEnv(chosen)
    assert env.codec.names == ("only.variant", "only.cores")
    assert env.codec.sizes == (3, 5)  # 1, 2, 3, 4 and 8 cores
    got = [[env.codec.decode([v, c]).stages[0].first.cores or chosen.pipeline.stages[0].variants[v].base_cores
            for c in range(5)] for v in range(3)]  # fmt: skip
    assert got == [[3, 3, 3, 3, 3], [1, 2, 2, 2, 2], [2, 2, 2, 4, 8]]
    for v, c in np.ndindex(3, 5):
        configuration = env.codec.decode([v, c])
        assert env.codec.decode(env.codec.encode(configuration)) == configuration
    many = ServingVectorEnv(chosen, 1)
    env.reset(seed=1)
    many.reset(seed=1)
    for action in ([2, 4], [0, 0], [1, 3], [2, 0]):
        seen, reward, *_ = env.step(action)
        observations, rewards, *_ = many.step([action])
        assert (observations[0].tobytes(), rewards[0]) == (seen.tobytes(), reward)
    assert gym.make("ipagym/Video-v0", name=str(path)).reset(seed=1)
    for agent in ("random", "joint", "static-max", "greedy", "vpa"):
        assert run_episode(make_agent(agent, chosen), ENGINES["compiled"](chosen), chosen, 0).windows
