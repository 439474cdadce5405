"""How agents are written, and the signs @, comma and colon in the paths of checkpoints and manifests."""

from pathlib import Path

import pandas as pd
import pytest

from ipagym.agents import keeps, make_agent
from ipagym.agents.spec import AgentSpec, split_specs
from ipagym.agents.wrappers.pinned import Pinned
from ipagym.cli import main
from ipagym.envs import make_scenario
from ipagym.system.errors import InputError

CASE = Path(__file__).parents[3] / "shared" / "cases" / "hpa@v2.yaml"

MANIFEST = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
spec: {scaleTargetRef: {kind: Deployment, name: video}, maxReplicas: 3}
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("ipa", AgentSpec("ipa")),
        ("ipa:cbc", AgentSpec("ipa", "cbc")),
        ("ipa:", AgentSpec("ipa", "")),
        ("hpa@a+b/n=2", AgentSpec("hpa", None, "a+b/n=2")),
        ("hpa@", AgentSpec("hpa", None, "")),
        ("hpa:0.5@n=2", AgentSpec("hpa", "0.5", "n=2")),
        ("hpa@n=2:3", AgentSpec("hpa", None, "n=2:3")),
        ("ppo:no/such@folder", AgentSpec("ppo", "no/such", "folder")),
        ("ppo:C:\\runs\\a", AgentSpec("ppo", "C:\\runs\\a")),
    ],
)
def test_without_a_file_the_first_signs_count(text: str, spec: AgentSpec) -> None:
    assert AgentSpec.parse(text) == spec
    assert str(spec) == text
    assert spec.path is None


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("my_agents:Mine", AgentSpec("my_agents:Mine")),
        ("my_agents:Mine@n=2", AgentSpec("my_agents:Mine", None, "n=2")),
        ("rules.of.mine:Outer.Mine@", AgentSpec("rules.of.mine:Outer.Mine", None, "")),
    ],
)
def test_what_is_not_of_the_catalogue_is_an_import_path(text: str, spec: AgentSpec) -> None:
    assert AgentSpec.parse(text) == spec
    assert str(spec) == text
    assert spec.path is None
    assert spec.entry.takes_path is False


def test_a_path_that_exists_is_taken_whole() -> None:
    for folder in ("a@n=4", "a", "b@c,d:e"):
        Path("runs", folder).mkdir(parents=True)
    assert AgentSpec.parse("ppo:runs/a@n=4") == AgentSpec("ppo", "runs/a@n=4")
    assert AgentSpec.parse("ppo:runs/a@n=4@b=2") == AgentSpec("ppo", "runs/a@n=4", "b=2")
    assert AgentSpec.parse("ppo:runs/a@n=5") == AgentSpec("ppo", "runs/a", "n=5")
    assert AgentSpec.parse("ppo:runs/b@c,d:e@n=2") == AgentSpec("ppo", "runs/b@c,d:e", "n=2")
    assert AgentSpec.parse("ppo:runs/b@c,d:e").path == Path("runs/b@c,d:e")
    for text in ("ppo:runs/a@n=4", "ppo:runs/a@n=4@b=2", "ppo:runs/b@c,d:e@n=2", "ppo:runs/b@c,d:e"):
        assert str(AgentSpec.parse(text)) == text


def test_an_argument_that_is_no_path_stays_one() -> None:
    Path("cbc@n=2").mkdir()
    assert AgentSpec.parse("ipa:cbc@n=2") == AgentSpec("ipa", "cbc", "n=2")
    assert AgentSpec.parse("ipa:cbc@n=2").path is None


def test_a_list_is_parted_at_the_commas_outside_of_paths() -> None:
    for folder in ("x", "x,ipa", "y@z,w:v"):
        Path(folder).mkdir()
    assert split_specs(" ipa , hpa:0.5@n=2,") == ["ipa", "hpa:0.5@n=2"]
    assert split_specs("ppo:x,ipa,hpa") == ["ppo:x,ipa", "hpa"]
    assert split_specs("ppo:x,hpa,ipa") == ["ppo:x", "hpa", "ipa"]
    assert split_specs("hpa,ppo:y@z,w:v@b=2,ipa") == ["hpa", "ppo:y@z,w:v@b=2", "ipa"]
    assert split_specs("ipa,my_agents:Mine@n=2,hpa") == ["ipa", "my_agents:Mine@n=2", "hpa"]
    assert split_specs(",") == []


def test_a_manifest_of_any_name_is_run_pinned_and_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path("k8s@prod, [eu]:1")
    folder.mkdir()
    (folder / "hpa@v2.yaml").write_text(MANIFEST)
    video, agent = make_scenario("video"), f"hpa:{folder}/hpa@v2.yaml"
    assert isinstance(make_agent(f"{agent}@b=2", video), Pinned)
    assert keeps(f"{agent}@b=2", video) == "variant yolov5n + resnet18, batch 2 + 2"
    short = ["--seeds", "1", "--duration", "60", "--workers", "1", "--out", "out"]
    assert main(["compare", "video", "--agents", f"static-min,{agent}@b=2", *short]) == 0
    assert main(["compare", "video", "--agents", "static-min", "--manifest", f"{folder}/hpa@v2.yaml",
                 *short[:-1], "two"]) == 0  # fmt: skip
    assert pd.read_csv("out/summary.csv")["agent"].tolist() == ["static-min", f"{agent}@b=2"]
    assert pd.read_csv("two/summary.csv")["agent"].tolist() == ["static-min", "hpa@v2.yaml"]
    printed = "".join(capsys.readouterr().out.split())
    assert "[eu]:1/hpa@v2.yaml" in printed
    before = Path("two/windows.parquet").stat().st_mtime_ns
    (folder / "hpa@v2.yaml").write_text(MANIFEST.replace("maxReplicas: 3", "maxReplicas: 1"))
    assert main(["compare", "video", "--agents", "static-min", "--manifest", f"{folder}/hpa@v2.yaml",
                 *short[:-1], "two"]) == 0  # fmt: skip
    assert Path("two/windows.parquet").stat().st_mtime_ns > before
    assert pd.read_parquet("two/windows.parquet").query("agent != 'static-min'")["crop.replicas"].max() == 1


@pytest.mark.skipif(not CASE.is_file(), reason="the manifest of another project is not at hand")
def test_a_real_manifest_with_an_at_sign() -> None:
    assert make_agent(f"hpa:{CASE}", make_scenario("video"))


def test_a_manifest_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "video", "--agents", "hpa", "--manifest", "none@v2.yaml"]) == 2
    assert capsys.readouterr().err.startswith("ipagym: error: no manifest none@v2.yaml: give the path")


def test_unknown_names_and_missing_arguments_are_named() -> None:
    video = make_scenario("video")
    for spec, message in (("ipaa:x@y", "'ipa'"), ("hold:", "takes no argument"), ("ppo:@n=2", "lacks its argument")):
        with pytest.raises(InputError, match=message):
            make_agent(spec, video)
