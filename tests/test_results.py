"""What results hold, where they are kept, and when stored episodes no longer count."""

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from ipagym.agents import make_agent
from ipagym.bench.comparison.compare import marks_of
from ipagym.bench.comparison.summary import METRICS, summarise
from ipagym.bench.storage import code_mark as code
from ipagym.bench.storage.claim import claimed, say_waiting
from ipagym.bench.storage.manifest import FILE_NAME, free_folder, make_manifest, write_manifest
from ipagym.bench.storage.own_imports import with_own_imports
from ipagym.cli import main
from ipagym.cluster.sim import ENGINES
from ipagym.envs import ServingEnv, make_scenario
from ipagym.model.configuration import Configuration, Deployment, StageSetting
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario
from tests.comparing import compare

SHORT = ["--duration", "60", "--workers", "1", "--seeds"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(scenario: Scenario, *agents: str, seeds: int = 1, out: str = "out") -> pd.DataFrame:
    factories = {name: partial(make_agent, name, scenario) for name in agents}
    compare(scenario, factories, seeds=range(seeds), out=Path(out), make_cluster=ENGINES["compiled"])
    return pd.read_parquet(Path(out) / "windows.parquet")


def test_every_deployment_is_recorded_with_its_cores() -> None:
    scenario = make_scenario("infadapter")
    windows = run(scenario, "infadapter")
    episode = pd.read_parquet("out/episodes/infadapter-0.parquet")
    assert (windows["classification.cores"] == episode["classification.cores"]).all()
    sets = [list(deployments) for deployments in episode["classification.deployments"]]
    assert max(map(len, sets)) > 1
    for row, deployments in zip(episode.to_dict("records"), sets, strict=True):
        first = deployments[0]
        assert (row["classification.variant"], row["classification.cores"]) == (first["variant"], first["cores"])
        assert sum(each["replicas"] * each["cores"] for each in deployments) <= 20
        assert all(each["weight"] > 0 for each in deployments)


def test_base_cores_are_recorded_as_a_number() -> None:
    windows = run(make_scenario("joint", "constant:5:100"), "static-min", "joint")
    assert (windows.query("agent == 'static-min'")["crop.cores"] == 1).all()
    assert windows["crop.cores"].dtype == "int64"


def test_text_shows_cores_and_all_deployments() -> None:
    scenario = make_scenario("infadapter", "constant:20:300")
    pair = StageSetting((Deployment("resnet18", 1, 1, 8, 3.0), Deployment("resnet152", 1, 1, 12, 1.0)))
    env = ServingEnv(replace(scenario, initial=Configuration((pair,))), render_mode="ansi")
    env.reset(seed=0)
    lines = [" ".join(line.split()) for line in env.render().splitlines()]
    assert lines[-2:] == [
        "resnet18 replicas 1 batch 1 cores 8 share 75 %",
        "resnet152 replicas 1 batch 1 cores 12 share 25 %",
    ]


def test_what_answers_nothing_is_on_no_front() -> None:
    def metrics(pas: float, cores: float, p99_s: float) -> dict[str, float]:
        return dict.fromkeys((m.key for m in METRICS), 100.0) | {
            "pas_percent": pas, "cores": cores, "latency_p99_s": p99_s,
        }  # fmt: skip

    found = summarise(
        {
            "stuck": [metrics(90.0, 1.0, float("nan"))],
            "stuck once": [metrics(95.0, 1.0, 1.0), metrics(95.0, 1.0, float("nan"))],
            "late": [metrics(80.0, 2.0, 9.0)],
        }
    )
    assert [summary.agent for summary in found if summary.pareto] == ["late"]


def test_results_of_other_agents_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    first = ["compare", "video", *SHORT, "1", "--agents"]
    assert main([*first, "static-min"]) == 0
    (base,) = Path("results").iterdir()
    kept = (base / "summary.csv").read_bytes()
    assert main([*first, "random"]) == 0
    assert (base / "summary.csv").read_bytes() == kept
    assert sorted(path.name for path in Path("results").iterdir()) == [base.name, f"{base.name}-2"]
    assert main([*first, "static-min"]) == 0
    assert main([*first, "static-min,hold"]) == 0  # what is there is added to
    assert len(list(Path("results").iterdir())) == 2
    assert main([*first, "hold", "--out", str(base)]) == 2
    assert "also holds results of static-min: choose another --out, or ask for these too" in capsys.readouterr().err
    assert main(["compare", "video", *SHORT, "2", "--agents", "random", "--out", "mine"]) == 0
    assert main(["compare", "video", *SHORT, "1", "--agents", "random", "--out", "mine"]) == 2
    assert "also holds results of seed 1" in capsys.readouterr().err


def test_two_comparisons_take_turns_in_one_folder() -> None:
    Path("out").mkdir()
    waits, order = threading.Event(), list[str]()

    def second() -> None:
        with claimed(Path("out"), lambda folder: waits.set()):
            order.append("second")

    other = threading.Thread(target=second)
    with claimed(Path("out")):
        other.start()
        assert waits.wait(60)
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    with claimed(Path("out"), lambda folder: pytest.fail("it is free again")):
        pass


def test_results_made_while_a_comparison_waited_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = make_scenario("video", "constant:5:60")
    Path("out").mkdir()
    refusals, waits = list[str](), threading.Event()
    monkeypatch.setattr("ipagym.bench.comparison.compare.claimed", lambda out: claimed(out, lambda folder: waits.set()))

    def wait_and_run() -> None:
        with pytest.raises(InputError) as error:
            run(scenario, "random")
        refusals.append(str(error.value))

    other = threading.Thread(target=wait_and_run)
    with claimed(Path("out")):
        other.start()
        assert waits.wait(60)
        write_manifest(Path("out"), make_manifest(scenario, {"hold": ""}, [0], None))
    other.join()
    assert refusals == ["out also holds results of hold: choose another --out, or ask for these too"]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"scenario_hash": 1, "agents": 5, "seeds": []}', '{"scenario_hash": "HASH"}',
                '{"scenario_hash": "HASH", "agents": [[]], "seeds": [0]}', '{"scenario_hash": "HASH", "agents": [1], '
                '"seeds": ["x"]}', '{"scenario_hash": "HASH", "agents": [], "seeds": [], "fingerprints": 3}'],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused_and_passed_by(content: str) -> None:
    scenario = make_scenario("video", "constant:5:60")
    Path("out").mkdir()
    Path("out", FILE_NAME).write_text(content.replace("HASH", scenario.digest()))
    with pytest.raises(InputError, match="is not a manifest of ipagym: choose another --out"):
        run(scenario, "hold")
    assert free_folder(Path("out"), scenario, {"hold": ""}, [0]) == Path("out-2")


AGENT = """
from ipagym.model.configuration import Configuration

class Mine:
    def reset(self, pipeline, limits, rng):
        self.pipeline = pipeline
    def decide(self, window):
        from dataclasses import replace
        return Configuration(tuple(s.turned(replicas=REPLICAS) for s in window.configuration.stages))
"""


@pytest.fixture
def _own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]


def edited(replicas: int) -> object:
    """The class after its file was edited and read anew, as in another process."""
    Path("own_agent.py").write_text(AGENT.replace("REPLICAS", str(replicas)))
    sys.modules.pop("own_agent", None)
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    return importlib.import_module("own_agent")


@pytest.mark.usefixtures("_own_module")
def test_edited_code_is_run_again() -> None:
    scenario = make_scenario("video", "constant:5:60")
    found = []
    for replicas in (1, 3, 3):
        module = edited(replicas)
        compare(scenario, {"mine": lambda made=module: made.Mine()}, seeds=[0], out=Path("out"),  # type: ignore[misc]
                make_cluster=ENGINES["compiled"])  # fmt: skip
        found.append(pd.read_parquet("out/windows.parquet")["crop.replicas"].max())
    assert found == [1, 3, 3]


@pytest.mark.usefixtures("_own_module")
def test_the_mark_is_of_the_code_and_of_what_the_factory_was_given() -> None:
    mine = edited(1).Mine  # type: ignore[attr-defined]
    marks = [code.code_mark(make) for make in (mine, partial(mine, 1), partial(mine, 2), lambda: mine())]
    assert len(set(marks)) == 4
    assert marks[1] == code.code_mark(partial(mine, 1))
    again = edited(2).Mine  # type: ignore[attr-defined]
    assert code.code_mark(again) != marks[0]


@pytest.mark.parametrize(
    "text",
    [
        "from own_rules.scale import REPLICAS\nclass Mine: pass",
        "import own_rules.scale\nclass Mine: pass",
        "import own_rules\nclass Mine: pass",
        "class Mine:\n    def decide(self, window):\n        from own_rules import scale",
        "import not_there.at_all\nfrom own_rules.scale import *\nclass Mine: pass".replace(
            "import not_there.at_all", "try:\n    import not_there.at_all\nexcept ImportError: pass"
        ),
    ],
)
@pytest.mark.usefixtures("_own_module")
def test_the_mark_is_of_what_the_code_imports_too(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the author's own: a helper, and a helper's helper by a relative import."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    Path("own_rules").mkdir()
    Path("own_rules", "__init__.py").write_text("from . import scale")
    Path("own_rules", "scale.py").write_text("from .number import REPLICAS\nfrom own_rules import scale")
    Path("own_agent.py").write_text(text)
    marks = []
    for replicas in (1, 1, 2):
        Path("own_rules", "number.py").write_text(f"REPLICAS = {replicas}")
        for name in [name for name in sys.modules if name.startswith("own_")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        marks.append(code.code_mark(importlib.import_module("own_agent").Mine))
    assert marks[0] == marks[1] != marks[2]


def test_installed_packages_do_not_count() -> None:
    assert with_own_imports(["tests.tiny"]) == {"tests.tiny"}
    assert with_own_imports(["tests.test_results"]) == {"tests.test_results", "tests.comparing"}
    assert with_own_imports(["tests.test_engines"]) >= {"tests.test_engines", "tests.tiny", "tests.strategies"}


def test_code_without_a_file_is_always_run_again() -> None:
    scope: dict[str, object] = {"__name__": "a cell"}
    exec("class Mine: pass\ndef make(): return Mine()", scope)
    for make in (scope["Mine"], scope["make"]):
        assert code.code_mark(make) != code.code_mark(make)  # type: ignore[arg-type]


def test_the_mark_of_the_package_is_that_of_every_source_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fake" / "deep").mkdir(parents=True)
    for name in ("__init__.py", "deep/__init__.py", "deep/weights.json", "notes.txt"):
        (tmp_path / "fake" / name).write_text("x = 1" if name.endswith("py") else "1")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(code, "PARTS", ("fake",))
    marks = [code.package_mark.__wrapped__()]
    for name in ("deep/__init__.py", "deep/weights.json", "notes.txt"):
        (tmp_path / "fake" / name).write_text("2")
        marks.append(code.package_mark.__wrapped__())
    assert len(set(marks[:3])) == 3
    assert marks[3] == marks[2], "notes are no code"


def test_the_package_counts_with_all_its_folders() -> None:
    names = set[str]()
    for part in code.PARTS:
        for folder in importlib.util.find_spec(part).submodule_search_locations:  # type: ignore[union-attr]
            names |= {path.resolve().name for path in code._sources(Path(folder))}
    assert names >= {"scenario.py", "catalogue.py", "hpa_rule.py", "codec.py", "schema.py", "compare.py"}


def test_a_new_version_of_an_agent_gets_a_new_default_folder() -> None:
    scenario = make_scenario("video", "constant:5:60")
    run(scenario, "hold")
    manifest = json.loads(Path("out", FILE_NAME).read_text())
    marks = marks_of({"hold": partial(make_agent, "hold", scenario)}, {})
    assert manifest["fingerprints"] == marks
    assert free_folder(Path("out"), scenario, marks, [0]) == Path("out")
    assert free_folder(Path("out"), scenario, marks, [1]) == Path("out-2")
    assert free_folder(Path("out"), scenario, {"hold": "of other code"}, [0]) == Path("out-2")
    assert free_folder(Path("out"), scenario, marks | {"random": "x"}, [0, 1]) == Path("out")
    assert free_folder(Path("out"), make_scenario("video", "constant:6:60"), marks, [0]) == Path("out-2")


def test_who_waits_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    say_waiting(Path("out"))
    assert capsys.readouterr().err == "waiting: another comparison writes into out\n"
