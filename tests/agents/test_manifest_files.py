"""Files of manifests: of any name and form, or refused in one line with file, document and field."""

import json
import os
import threading
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import yaml

from ipagym.agents.autoscalers.manifests.read import autoscalers_of, read_manifests
from ipagym.profiles.yaml_file import MAX_FILE_BYTES
from ipagym.system.errors import InputError

HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
"""
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"


def written(folder: Path, content: str | bytes, name: str = "m.yaml") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def targets(*paths: str | Path) -> list[str]:
    return [control.target for control in autoscalers_of(read_manifests(*paths)).controls]


@pytest.mark.parametrize("name", ["m", "HPA.YML", "m.txt", "a@b,c:d [e].json", "träce é.yaml", "-x"])
def test_a_file_may_be_called_anything(tmp_path: Path, name: str) -> None:
    assert targets(written(tmp_path, HPA, name)) == ["web"]


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_as_yaml_is(tmp_path: Path, indent: int | str | None) -> None:
    one = yaml.safe_load(HPA)
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [one, yaml.safe_load(DEPLOYMENT)]}, indent=indent)
    assert targets(written(tmp_path, text)) == ["web"]
    of_one_kind = {"apiVersion": one["apiVersion"], "kind": f"{one['kind']}List", "items": [{"metadata": one["metadata"], "spec": one["spec"]}]}  # fmt: skip  # noqa: E501
    assert targets(written(tmp_path, json.dumps(of_one_kind))) == ["web"], "items of such a list do not say their kind"


def test_several_documents_and_files_make_one_set(tmp_path: Path) -> None:
    crop = HPA.replace("name: web", "name: crop")
    one, two = written(tmp_path, f"---\n{HPA}---\n\n---\n{DEPLOYMENT}"), written(tmp_path, crop, "n.yaml")
    assert targets(one, two) == ["web", "crop"]
    found = autoscalers_of(read_manifests(one, two))
    assert found.name == "web+crop"
    assert found.notes == ("m.yaml: skipped, as no autoscalers: Deployment web",)
    assert [each.found.place for each in found.controls] == ["m.yaml: document 1", "n.yaml: document 1"]


def test_standard_input_and_pipes_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(HPA.encode())))
    manifests = read_manifests("-")
    assert autoscalers_of(manifests).controls == autoscalers_of(manifests).controls
    assert autoscalers_of(manifests).controls[0].found.place == "stdin: document 1"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(HPA,))
    writer.start()
    assert targets(pipe) == ["web"]
    writer.join()
    for twice in (("-", "-"), ("-", "/dev/stdin")):
        with pytest.raises(InputError, match=r"standard input is given twice"):
            read_manifests(*twice)


def test_a_name_is_made_where_metadata_has_none(tmp_path: Path) -> None:
    nameless = HPA.replace("metadata: {name: web}\n", "")
    assert autoscalers_of(read_manifests(written(tmp_path, nameless, "my app.yaml"))).name == "my app.yaml"
    many = "---".join(HPA.replace("{name: web}", f"{{name: autoscaler-{number}}}") for number in range(9))
    name = autoscalers_of(read_manifests(written(tmp_path, many))).name
    assert name == "autoscaler-0+autoscaler-1+autoscaler-2+autoscaler-3+5-more"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
)
ALIAS = HPA.replace("name: web}\nspec", "name: &n web}\nspec").replace("name: web}\n  max", "name: *n}\n  max")
TWICE = HPA.replace("  maxReplicas: 6", "  maxReplicas: 6\n  maxReplicas: 7")
BELOW = HPA.replace("maxReplicas: 6", "minReplicas: 7\n  maxReplicas: 6")
NUMBER = HPA.replace("kind: HorizontalPodAutoscaler", "kind: 5")
NAMED_5 = HPA.replace("{name: web}\nspec", "{name: 5}\nspec")
QUOTED = HPA.replace("maxReplicas: 6", "maxReplicas: '6'")
DEEP = "[" * 1000
OTHERWISE: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "is empty: give a file with an autoscaler"),
    "comments": ("# a\n---\n---\n# b\n", "is empty"),
    "a list": (f"{HPA}---\n- 1\n", "document 2: is a list: an object of the API is a mapping with apiVersion and kind"),
    "a text": ("hello\n", "document 1: is a text"),
    "a number": ("3\n", "document 1: is a number"),
    "an alias": (ALIAS, "line 6: .*aliases are not supported: write the value again"),
    "a merge key": (f"{HPA}x: &x {{a: 1}}\ny: {{<<: *x}}\n", "line 10: .*aliases are not supported"),
    "a bomb": (BOMB, "line 2: .*aliases are not supported"),
    "a cycle": ("a: &a [*a]", "line 1: .*aliases are not supported"),
    "a key twice": (TWICE, "line 8: .*maxReplicas appears twice"),
    "a key twice in JSON": ('{"kind": "List", "kind": "List"}', "kind appears twice in one object"),
    "10 MB": (b"# x\n" * 2_600_000, f"larger than {MAX_FILE_BYTES} bytes"),
    "latin 1": (HPA.replace("web", "wéb").encode("latin-1"), "is other than UTF-8 at byte .*: save it as UTF-8"),
    "UTF-16": (HPA.encode("utf-16"), "as it is UTF-16: save it as UTF-8"),
    "zeros": (b"\0" * 100, "holds zero bytes"),
    "tabs": (HPA.replace("  maxReplicas", "\tmaxReplicas"), "line 7: not valid YAML"),
    "half of JSON": ('{"kind": ', "line 1: not valid YAML"),
    "NaN in JSON": ('{"kind": NaN, "apiVersion": "v1"}', "holds no autoscaler but NaN"),
    "depth": (DEEP, "not a YAML text file"),
    "depth in JSON": ('{"a":' * 5000, "not a YAML text file"),
    "a tag": ("!!python/object/apply:os.system [ls]", "line 1: not valid YAML"),
    "no kind": (HPA.replace("kind: HorizontalPodAutoscaler\n", ""), "document 1: lacks kind"),
    "no version": (HPA.replace("apiVersion: autoscaling/v2\n", ""), "document 1: lacks apiVersion"),
    "a number as kind": (NUMBER, "document 1: kind: must be a text, not a number"),
    "a name of numbers": (NAMED_5, "metadata.name: must be a text.*in quotes"),
    "items that are none": ("{apiVersion: v1, kind: List, items: 3}", "document 1: items: is a number"),
    "an item that is none": ("{apiVersion: v1, kind: List, items: [3]}", "document 1, item 1: is a number"),
    "an empty list": ("{apiVersion: v1, kind: List, items: []}", "holds no autoscaler: give a Horizontal"),
    "a number as text": (QUOTED, "document 1: spec.maxReplicas: '6': .*valid integer"),
    "below 0": (HPA.replace("maxReplicas: 6", "maxReplicas: -6"), "document 1: spec.maxReplicas: -6: "),
    "minimum above maximum": (BELOW, r"document 1: spec.maxReplicas must be minReplicas \(7\) or more"),
    "a misspelt field": (HPA.replace("maxReplicas", "maxReplicaz"), "document 1: spec.maxReplicas: Field required"),
    "a huge number": (HPA.replace("maxReplicas: 6", f"maxReplicas: {'9' * 5000}"), "not a YAML text file"),
    "sixties": (HPA.replace("maxReplicas: 6", "maxReplicas: 1:30"), "document 1: spec.maxReplicas: '1:30'"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_is_no_manifest_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    content, message = OTHERWISE[name]
    path = written(tmp_path, content, "m@v2")
    with pytest.raises(InputError, match=f"^m@v2: .*{message}") as refused:
        read_manifests(path)
    assert "\n" not in str(refused.value)


def folder(at: Path) -> Path:
    return at


def here(at: Path) -> str:
    return "."


def missing(at: Path) -> Path:
    return at / "none"


def impossible(at: Path) -> str:
    return "a\0b"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (folder, "is a folder: give the path of a YAML or JSON file, or - for standard input"),
        (here, r"\.: is a folder"),
        (missing, "no manifest .*none: give the path of a YAML or JSON file"),
        (impossible, "no manifest a.*b: give the path"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, path: Callable[[Path], str | Path], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_manifests(path(tmp_path))


def test_metrics_are_left_out_by_name(tmp_path: Path) -> None:
    with_disk = HPA.replace("metrics: [", "metrics: [{type: Resource, resource: {name: disk, target: {type: Utilization, averageUtilization: 5}}}, ")  # fmt: skip  # noqa: E501
    path = written(tmp_path, with_disk)
    with pytest.raises(InputError, match=r"metrics.0.resource.name: disk is not simulated: .*--ignore-metric disk"):
        read_manifests(path)
    kept = autoscalers_of(read_manifests(path, ignore_metrics=["disk"])).controls[0]
    assert [each.path for each in kept.metrics] == ["spec.metrics.1.resource"]
    with pytest.raises(InputError, match=r"document 1: spec.metrics.0.*no metric is left without cpu, disk: keep one"):
        read_manifests(path, ignore_metrics=["disk", "cpu"])
    with pytest.raises(InputError, match=r"to be ignored: unknown metric 'dsk': did you mean 'disk'"):
        read_manifests(path, ignore_metrics=["dsk", "disk"])
    with pytest.raises(InputError, match=r"must be a list of names"):
        read_manifests(path, ignore_metrics="disk")
