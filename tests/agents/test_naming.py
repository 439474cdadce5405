"""How agents are asked for: name, argument and pins."""

from pathlib import Path

import pytest

from ipagym.agents.naming import AgentName, parts_of
from ipagym.cli.compare import _fingerprint


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        ("hpa", AgentName("hpa")),
        ("hpa:", AgentName("hpa", "")),
        ("hpa:0.5", AgentName("hpa", "0.5")),
        ("hpa@b=2", AgentName("hpa", None, "b=2")),
        ("hpa@", AgentName("hpa", None, "")),
        ("hpa:0.5@yolov5s+resnet101/b=2", AgentName("hpa", "0.5", "yolov5s+resnet101/b=2")),
        ("hpa:gone@v2.yaml", AgentName("hpa", "gone", "v2.yaml")),
        ("ipa:cbc+quantile@n=4", AgentName("ipa", "cbc+quantile", "n=4")),
        ("hpa:\0@b=2", AgentName("hpa", "\0", "b=2")),
    ],
)
def test_parts(spec: str, parts: AgentName) -> None:
    assert parts_of(spec) == parts


def test_an_at_in_a_file_name_belongs_to_it(tmp_path: Path) -> None:
    path = tmp_path / "hpa@v2@b=4.yaml"
    path.write_text("one")
    assert parts_of(f"hpa:{path}") == AgentName("hpa", str(path))
    assert parts_of(f"hpa:{path}@b=2") == AgentName("hpa", str(path), "b=2")
    before = _fingerprint(f"hpa:{path}")
    path.write_text("two")
    assert _fingerprint(f"hpa:{path}") != before != "", "what the file holds tells results apart"
