"""What is promised to those who import the package, all of it used."""

import os
import re
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pytest

import ipagym

README = Path(__file__).parents[1] / "README.md"

PROMISED = [
    "ENV_IDS",
    "Agent",
    "Comparison",
    "Configuration",
    "Deployment",
    "InputError",
    "IpagymError",
    "Limits",
    "Objective",
    "Physics",
    "Pipeline",
    "Scenario",
    "Stage",
    "StageSetting",
    "Sweep",
    "Telemetry",
    "Variant",
    "Window",
    "Workload",
    "__version__",
    "compare",
    "load_policy",
    "load_results",
    "load_scenario",
    "load_sweep",
    "make_agent",
    "make_scenario",
    "read_manifests",
    "read_workload",
    "sweep",
    "verify",
]

SCENARIO = "pipeline: video\nworkload: constant:5:100\nslo_s: 2.0\n"


class Rates:
    """A load of the user's own."""

    name, duration_s = "mine", 100

    def rates_rps(self, rng: np.random.Generator) -> np.ndarray:
        return np.full(100, 4.0)


class Steady:
    """A controller of the user's own: so many replicas of what it finds; counts its decisions."""

    def __init__(self, replicas: int = 2) -> None:
        self.replicas = replicas
        self.decided = 0

    def reset(self, pipeline: ipagym.Pipeline, limits: ipagym.Limits, rng: np.random.Generator) -> None:
        assert self.decided == 0, "it is a new one for every episode"
        assert isinstance(pipeline, ipagym.Pipeline)
        assert isinstance(limits, ipagym.Limits)
        assert isinstance(pipeline.stages[0], ipagym.Stage)
        assert isinstance(pipeline.stages[0].variants[0], ipagym.Variant)

    def decide(self, window: ipagym.Window) -> ipagym.Configuration:
        assert isinstance(window, ipagym.Window)
        self.decided += 1
        found = window.configuration.stages
        return ipagym.Configuration(
            tuple(ipagym.StageSetting.of(s.first.variant, self.replicas, s.first.batch) for s in found)
        )


class Counted(Steady):
    """Counts how many were made."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        Counted.made += 1


class ForScenario(Steady):
    """One that wants to know the scenario."""

    def __init__(self, scenario: ipagym.Scenario) -> None:
        assert isinstance(scenario, ipagym.Scenario)
        super().__init__(replicas=3)


def make_steady() -> Steady:
    return Steady(4)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(SCENARIO)


def replicas(found: ipagym.Comparison) -> dict[str, int]:
    return {str(name): int(rows["crop.replicas"].max()) for name, rows in found.windows.groupby("agent")}


def test_these_names_are_promised() -> None:
    assert ipagym.__all__ == PROMISED
    assert set(PROMISED) <= set(dir(ipagym))
    assert all(getattr(ipagym, name) is not None for name in PROMISED)
    assert re.fullmatch(r"\d+\.\d+\.\d+", ipagym.__version__)
    assert ipagym.ENV_IDS["ipagym/Video-v0"] == "video"
    with pytest.raises(AttributeError, match="has no attribute 'comparre'"):
        ipagym.comparre  # type: ignore[attr-defined]  # noqa: B018
    assert issubclass(ipagym.InputError, ipagym.IpagymError)


@pytest.mark.parametrize("name", ["verify", "compare", "make_agent"])
def test_a_name_is_what_is_promised_whatever_was_imported_before(name: str) -> None:
    code = f"import ipagym, ipagym.verification.run, ipagym.cli; print(ipagym.{name}.__name__, callable(ipagym.{name}))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=README.parent, capture_output=True, text=True)
    assert ran.stdout.strip() == f"{name} True", ran.stderr


def test_no_promised_name_is_that_of_a_module() -> None:
    """Which would take its place as soon as the module is imported."""
    assert {module.name for module in iter_modules(ipagym.__path__)}.isdisjoint(PROMISED)


def test_all_of_it_can_be_imported_with_a_star() -> None:
    scope: dict[str, object] = {}
    exec("from ipagym import *", scope)
    assert set(PROMISED) <= set(scope)


def test_scenarios_are_made_of_their_parts() -> None:
    made = ipagym.make_scenario(
        "video",
        "constant:5:100",
        slo_s=2.0,
        limits=ipagym.Limits(max_replicas=4),
        physics=ipagym.Physics(order="edf"),
        telemetry=ipagym.Telemetry(lag_s=10.0),
    )
    load: ipagym.Workload = Rates()
    assert (made.limits.max_replicas, made.telemetry.lag_s, made.pipeline.slo_s) == (4, 10.0, 2.0)
    assert isinstance(made.objective, ipagym.Objective)
    assert ipagym.make_scenario("video", load).workload is load
    assert ipagym.load_scenario("mine.yaml").digest() == ipagym.load_scenario(Path("mine.yaml")).digest()
    assert isinstance(ipagym.make_agent("hpa:0.5", made), ipagym.Agent)
    with pytest.raises(ipagym.InputError, match="did you mean 'video'"):
        ipagym.make_scenario("vidoe")


def test_agents_of_ones_own_are_compared_with_those_of_the_package() -> None:
    mine = Steady()
    found = ipagym.compare(
        "mine.yaml", ["hold", mine, Steady, ForScenario, make_steady, Steady(5)], seeds=2, seed0=7, out="out"
    )
    assert replicas(found) == {
        "hold": 1, "Steady": 2, "Steady-2": 2, "ForScenario": 3, "make_steady": 4, "Steady-3": 5,
    }  # fmt: skip
    assert mine.decided == 0, "what is given is left as it is"
    assert set(found.windows["seed"]) == {7, 8}
    assert found.out == Path("out")
    assert found.summary["agent"].tolist() == ["hold", "Steady", "Steady-2", "ForScenario", "make_steady", "Steady-3"]
    assert found.summary["reward_ci95"].notna().all()
    assert found.manifest.seeds == [7, 8]
    assert len(found.timeline().axes) == 5
    assert len(found.timeline(8).axes) == 5
    with pytest.raises(ipagym.InputError, match=r"seed must be one of \[7, 8\], not 3"):
        found.timeline(3)
    assert isinstance(found, ipagym.Comparison)
    assert "windows=" not in repr(found)


def test_a_scenario_object_takes_another_load_and_agents_take_names() -> None:
    task = ipagym.load_scenario("mine.yaml")
    agents = {"two": Steady(2), "three": Steady(3), "pinned": "hold@n=4"}
    found = ipagym.compare(task, agents, workload=[3.0] * 100, seeds=1)  # type: ignore[arg-type]
    assert replicas(found) == {"two": 2, "three": 3, "pinned": 4}
    assert found.out.parent == Path("results")
    assert found.out.name.startswith("video-given-")
    assert found.manifest.load.startswith("given rates")
    named = ipagym.compare(task, "hold", workload="constant:4:100", seeds=1, title="mine")
    assert named.out.name.startswith("mine-constant")
    assert len(ipagym.compare("mine.yaml", seeds=1).summary) > 4, "the usual ones"


def test_an_agent_is_made_once_to_be_looked_at_and_once_for_every_episode() -> None:
    found = ipagym.compare("mine.yaml", Counted, seeds=2, out="out")
    assert replicas(found) == {"Counted": 2}
    assert Counted.made == 3
    ipagym.compare("mine.yaml", Counted, seeds=2, out="out")
    assert Counted.made == 4, "what is there is not run again"


def test_an_object_with_another_state_is_run_again() -> None:
    first, same, other = (ipagym.compare("mine.yaml", [Steady(number)], seeds=1, out="out") for number in (2, 2, 3))
    assert replicas(first) == replicas(same) == {"Steady": 2}
    assert replicas(other) == {"Steady": 3}
    for spec, number in (("hold@n=4", 4), ("hold@n=5", 5)):
        assert replicas(ipagym.compare("mine.yaml", {"Steady": spec}, seeds=1, out="out")) == {"Steady": number}
    gain = 6
    assert replicas(ipagym.compare("mine.yaml", {"Steady": lambda: Steady(gain)}, seeds=1, out="out")) == {"Steady": 6}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"agents": ["hold", "hold"]}, "an agent is named twice: hold, hold"),
        ({"agents": []}, "no agent to compare"),
        ({"agents": [5]}, "int is no agent: int lacks reset and decide"),
        ({"agents": [object]}, "object is no agent: object lacks reset and decide"),
        ({"agents": ["hold"], "seeds": 0}, "no seed to run"),
        ({"agents": ["hold"], "seed0": -1}, "seeds must be distinct and 0 or more"),
        ({"agents": ["hold"], "workers": 0}, "workers must be at least 1"),
        ({"agents": ["hold"], "backend": "real"}, "unknown backend 'real'"),
        ({"agents": [lambda: Steady()], "workers": 2}, "<lambda> cannot be made in another process"),
        ({"agents": ["hold"], "workload": "brusty"}, "did you mean 'bursty'"),
    ],
)
def test_what_cannot_be_used_is_refused(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ipagym.InputError, match=re.escape(said)):
        ipagym.compare("mine.yaml", **arguments)  # type: ignore[arg-type]
    assert not Path("results").exists()


def test_the_engines_are_verified_on_a_scenario() -> None:
    report = ipagym.verify("mine.yaml", fast=True)
    assert report.checks
    assert report.failures == []
    again = ipagym.verify(ipagym.load_scenario("mine.yaml"), workload="constant:4:60", fast=True, seed0=5)
    assert again.failures == []


INTERACTIVE = """
import ipagym
class Hold:
    def reset(self, pipeline, limits, rng): ...
    def decide(self, window): return window.configuration
print(ipagym.compare("mine.yaml", [Hold()], seeds=1).summary["agent"].tolist())
try: ipagym.compare("mine.yaml", ["ipa", Hold], seeds=2, workers=2)
except ipagym.InputError as error: print(error)
"""


def test_a_class_of_an_interactive_session_is_run_in_its_own_process_only(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(README.parent)}
    ran = subprocess.run([sys.executable, "-"], input=INTERACTIVE, capture_output=True, text=True, env=environment)
    assert ran.stdout.splitlines() == [
        "['Hold']",
        "Hold cannot be made in another process (it is defined in an interactive session): define it in a module, or "
        "set workers=1",
    ], ran.stderr


def test_the_example_of_the_readme_runs(tmp_path: Path) -> None:
    """In a script of its own, as it stands there; only shorter, in a load of 100 s."""
    examples = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    (example,) = (text for text in examples if "ipagym.compare(" in text)
    script = tmp_path / "example.py"
    script.write_text(example.replace('"bursty"', '"constant:5:100"') + "\nprint(read.summary['agent'].tolist())")
    environment = os.environ | {"PYTHONPATH": str(README.parent)}
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "['ipa', 'Hold']"
    assert Path("hold.png").stat().st_size > 10_000
