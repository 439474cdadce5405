"""`ipagym profile`: models of the user's own, measured; what was measured is kept, and bad files are refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ipagym.cli import main
from ipagym.cluster.live.profiling import replica_times
from ipagym.profiles import load_file

onnx = pytest.importorskip("onnx", reason="models are written by onnx")
pytest.importorskip("onnxruntime", reason="models are run by onnxruntime")

CLASSES = 3


def write_model(path: Path, weights: np.ndarray, first: int | str = "n") -> None:
    """y = x · weights, for batches of any size unless `first` is one."""
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        "linear",
        [onnx.helper.make_tensor_value_info("x", kind, [first, weights.shape[0]])],
        [onnx.helper.make_tensor_value_info("y", kind, [first, weights.shape[1]])],
        [onnx.numpy_helper.from_array(weights.astype(np.float32), "w")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A perfect model, one that takes every third class for another, a second stage, and labelled inputs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(replica_times, "LEAST_SAMPLES", 3)
    monkeypatch.setattr(replica_times, "LEAST_S", 0.0)
    monkeypatch.setattr(replica_times, "STARTS", 1)
    classes = np.random.default_rng(0).integers(CLASSES, size=30)
    np.savez("labelled.npz", x=np.eye(CLASSES, dtype=np.float32)[classes], y=classes)
    write_model(Path("right.onnx"), np.eye(CLASSES))
    write_model(Path("rough.onnx"), np.diag([1.0, 1.0, -1.0]))
    write_model(Path("single.onnx"), np.eye(CLASSES), 1)
    write_model(Path("turned.onnx"), np.roll(np.eye(CLASSES), 1, axis=1))
    return tmp_path


def measured(*arguments: str) -> int:
    return main(["profile", "mine", "--labels", "labelled.npz", *arguments])


def test_variants_of_a_stage_have_their_accuracy_and_every_figure_an_interval(folder: Path) -> None:
    assert measured("--onnx", "rough.onnx,right.onnx", "--slo", "0.4") == 0
    pipeline = load_file(folder / "mine.yaml").pipeline
    classes = np.load(folder / "labelled.npz")["y"]
    accuracies = {variant.name: variant.accuracy for variant in pipeline.stages[0].variants}
    assert accuracies["right"] == 1
    assert accuracies["rough"] == pytest.approx(np.mean(classes != 2), abs=1e-4)
    assert pipeline.slo_s == 0.4
    rows = pd.read_csv(folder / "mine.measured.csv")
    assert (rows["half_width_s"] > 0).all()
    assert ((rows["hop_s"] > 0) & (rows["hop_s"] < rows["average_s"])).all()
    assert set(rows["batch"]) == {1, 2, 4, 8}
    assert (rows["samples"] == 3).all()


def test_stages_are_a_chain_and_accuracy_is_of_combinations(folder: Path) -> None:
    assert measured("--onnx", "look=turned.onnx,right.onnx", "--onnx", "tell=turned.onnx,right.onnx") == 0
    pipeline = load_file(folder / "mine.yaml").pipeline
    assert [stage.name for stage in pipeline.stages] == ["look", "tell"]
    found = pipeline.accuracy_by_combination
    assert found["right", "right"] == 1
    assert found["turned", "right"] == found["right", "turned"] == found["turned", "turned"] == 0


def test_what_was_measured_is_not_measured_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured("--onnx", "right.onnx") == 0
    before = (folder / "mine.measured.csv").read_text()
    tried: list[Any] = []
    whole = replica_times.measure

    def counting(model: Any, plan: Any, errors: Path) -> Any:
        tried.append(model)
        return whole(model, plan, errors)

    monkeypatch.setattr("ipagym.cluster.live.profiling.profile.measure", counting)
    assert measured("--onnx", "right.onnx,rough.onnx") == 0
    assert len(tried) == 1
    assert (folder / "mine.measured.csv").read_text().startswith(before)


def test_a_model_of_single_inputs_is_measured_with_batches_of_one(folder: Path) -> None:
    assert measured("--onnx", "single.onnx") == 0
    assert set(pd.read_csv(folder / "mine.measured.csv")["batch"]) == {1}


def write_bad(folder: Path) -> None:
    """Files that are not what they should be."""
    write_model(folder / "threes.onnx", np.eye(CLASSES), 3)
    write_model(folder / "wide.onnx", np.eye(5))
    (folder / "text.onnx").write_text("no model")
    (folder / "empty.npz").write_bytes(b"")
    (folder / "sub").mkdir()
    write_model(folder / "sub" / "right.onnx", np.eye(CLASSES))
    np.savez(folder / "names.npz", a=np.zeros(3))
    np.savez(folder / "uneven.npz", x=np.zeros((3, 3)), y=np.zeros(2))
    (folder / "taken.measured.csv").write_text("a,b\n1,2\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["mine", "--onnx", "right.onnx"], "give --labels"),
        (["mine", "--onnx", "none.onnx", "--labels", "labelled.npz"], "there is no file none.onnx"),
        (["mine", "--onnx", "text.onnx", "--labels", "labelled.npz"], "text.onnx is no model"),
        (["mine", "--onnx", "threes.onnx", "--labels", "labelled.npz"], "batches of 3 alone"),
        (["mine", "--onnx", "right.onnx,sub/right.onnx", "--labels", "labelled.npz"], "the same file name"),
        (["mine", "--onnx", "a=right.onnx", "--onnx", "a=rough.onnx", "--labels", "labelled.npz"], "the same name"),
        (["mine", "--onnx", "right.onnx,", "--labels", "labelled.npz"], "--onnx is"),
        (["../mine", "--onnx", "right.onnx", "--labels", "labelled.npz"], "is named by"),
        (["mine", "--onnx", "right.onnx", "--labels", "none.npz"], "none.npz"),
        (["mine", "--onnx", "right.onnx", "--labels", "empty.npz"], "empty.npz is no .npz file"),
        (["mine", "--onnx", "right.onnx", "--labels", "names.npz"], "names.npz is no .npz file"),
        (["mine", "--onnx", "right.onnx", "--labels", "uneven.npz"], "as many classes"),
        (["mine", "--onnx", "right.onnx", "--labels", "labelled.npz", "--slo", "0"], "--slo"),
        (["taken", "--onnx", "right.onnx", "--labels", "labelled.npz"], "no record of measurements"),
        (["mine", "--onnx", "wide.onnx", "--labels", "labelled.npz"], "wide.onnx does not take"),
        (["nothing"], "pipeline with models"),
        (["digits", "--labels", "labelled.npz"], "--labels goes with --onnx"),
    ],
)
def test_bad_input_gets_one_line(
    arguments: Sequence[str], line: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_bad(folder)
    assert main(["profile", *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert line in error
    assert len(error.splitlines()) == 1
    assert not (folder / "mine.yaml").exists()
