"""Figures against the frames that they are drawn from."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ipagym import InputError, load_results, load_sweep
from ipagym.bench.drawing.files import picture_bytes
from ipagym.bench.drawing.looks import PALETTE, looks
from ipagym.bench.drawing.style import DOUBLE, SINGLE, WIDTHS
from ipagym.bench.figures.asked import Asked
from ipagym.bench.figures.catalogue import FIGURES, draw
from ipagym.bench.figures.latency import distribution
from ipagym.bench.figures.switching import changes
from ipagym.bench.sweep.results import begin
from ipagym.cli import main
from ipagym.random.streams import Streams
from ipagym.workload import by_name
from tests.result_folders import STAGES, Size, write_results

AGENTS = ("ipa", "fa2-low", "hpa")
FORECASTERS = ("ipa:lstm", "ipa:reactive")
SIZE = Size(windows=8, seeds=2, steps_between_changes=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("figures")
    for name in ("tasks/first", "tasks/second"):
        write_results(made / name, AGENTS, SIZE)
    write_results(made / "predictors", FORECASTERS, SIZE)
    begin(made / "sweep", "video", {"objective.alpha": [1, 8]})
    for alpha, agents in ((1, AGENTS), (8, AGENTS[::-1])):
        write_results(made / "sweep" / f"objective.alpha={alpha}", agents, SIZE)
    rows = [
        {"solver": s, "stages": n, "variants": n, "loads": 5, "total_median_ms": n * ms, "total_p99_ms": 3 * n * ms}
        for n in (5, 1) for s, ms in (("frontier", 1.0), ("mip/CBC", 4.0))
    ]  # fmt: skip
    unsolved = rows[0] | {"solver": "slow", "loads": 0, "total_median_ms": None, "total_p99_ms": None}
    (made / "solvers").mkdir()
    (made / "solvers" / "solvers.json").write_text(json.dumps({"rows": [*rows, unsolved]}))
    return made


RUNS = {
    "workloads": ["tasks"], "timeline": ["tasks/first"], "tradeoff": ["tasks"], "preferences": ["sweep"],
    "predictors": ["predictors"], "solver": ["solvers"], "latency": ["tasks"], "switching": ["tasks/first"],
    "paired": ["tasks/first"],
}  # fmt: skip


def drawn(folder: Path, name: str, *agents: str, width: float = SINGLE) -> Figure:
    return draw(name, Asked(runs=[str(folder / run) for run in RUNS[name]], width=width, agents=agents))


def points_of(axis: Axes) -> dict[str, tuple[float, float]]:
    """The point of each label."""
    found = [each for each in axis.containers if isinstance(each, ErrorbarContainer)]
    return {str(each.get_label()): tuple(np.ravel(each.lines[0].get_xydata())[:2]) for each in found}


def line_of(axis: Axes, label: str) -> np.ndarray:
    return np.asarray(next(line for line in axis.lines if line.get_label() == label).get_ydata(), dtype=float)


def values_of(axis: Axes) -> np.ndarray:
    return np.asarray(axis.lines[0].get_ydata(), dtype=float)


def close(found: ArrayLike, expected: ArrayLike) -> bool:
    return np.allclose(np.asarray(found, dtype=float), np.asarray(expected, dtype=float))


@pytest.mark.parametrize(
    ("name", "column"), [(name, "double" if number % 3 == 0 else "single") for number, name in enumerate(FIGURES)]
)
def test_every_figure_is_drawn_whole_and_the_same_twice(
    folder: Path, tmp_path: Path, name: str, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [str(folder / run) for run in RUNS[name]]
    file = tmp_path / "a.pdf"
    assert main(["figure", name, *runs, "--out", str(file), "--column", column]) == 0
    assert str(file) in capsys.readouterr().out
    assert b"/MediaBox [ 0 0 " + f"{WIDTHS[column] * 72:.10g}".encode()[:3] in file.read_bytes()
    figure = drawn(folder, name, width=WIDTHS[column])
    assert picture_bytes(figure, ".pdf") == file.read_bytes()
    shown = [axis for axis in figure.axes if axis.axison]
    assert all(axis.lines or axis.collections for axis in shown)
    assert any(axis.get_xlabel() for axis in shown) or figure.get_supxlabel()


def test_loads_are_those_that_arrived_or_those_of_the_name(folder: Path) -> None:
    figure = drawn(folder, "workloads")
    first = load_results(folder / "tasks/first")
    rows = first.windows.query("agent == 'ipa' and seed == 0")
    assert figure.axes[0].get_title() == "first"
    assert close(values_of(figure.axes[0])[:-1:10], rows["arrivals"] / 10)
    named = draw("workloads", Asked(runs=["constant:7:50", "ramp:1:9:50"], width=SINGLE))
    assert close(values_of(named.axes[1])[:-1], by_name("ramp:1:9:50").rates_rps(Streams.spawn(0).load))


def test_a_timeline_has_the_windows_of_the_first_seed(folder: Path) -> None:
    axes = drawn(folder, "timeline", "hpa", "ipa").axes
    rows = load_results(folder / "tasks/first").windows.query("agent == 'ipa' and seed == 0")
    assert [line.get_label() for line in axes[3].lines] == ["hpa", "ipa"]
    for axis, values in zip(axes[1:], ("latency_p99_s", "violation_rate", "cores", "pas"), strict=True):
        factor = 100 if values in ("violation_rate", "pas") else 1
        assert close(line_of(axis, "ipa")[:-1], factor * rows[values])
    assert axes[3].lines[1].get_color() == PALETTE[looks(["ipa"])["ipa"].colour]


def test_long_episodes_are_put_together(tmp_path: Path) -> None:
    write_results(tmp_path / "long", AGENTS[:1], Size(windows=1000, seeds=1))
    axis = draw("timeline", Asked(runs=[str(tmp_path / "long")], width=SINGLE)).axes[3]
    rows = load_results(tmp_path / "long").windows
    values = line_of(axis, "ipa")
    assert len(values) <= round(20 * SINGLE) + 1
    assert values[0] == pytest.approx(rows["cores"].iloc[:15].mean())


def test_a_tradeoff_has_the_means_and_their_intervals(folder: Path) -> None:
    figure = drawn(folder, "tradeoff")
    summary = load_results(folder / "tasks/second").summary.set_index("agent")
    above, below = figure.axes[1], figure.axes[3]
    assert above.get_title() == "second"
    for agent in AGENTS:
        row = summary.loc[agent]
        assert close(points_of(above)[agent], (row["cores"], row["pas_percent"]))
        assert close(points_of(below)[agent], (row["cores"], row["violation_percent"]))
    bars = above.containers[0].lines[2][1].get_segments()[0][:, 1]  # type: ignore[attr-defined]
    half = summary["pas_percent_ci95"].to_dict()["ipa"]
    assert close(bars, summary.loc["ipa", "pas_percent"] + np.array([-half, half]))


def test_preferences_are_the_means_at_every_value(folder: Path) -> None:
    figure = drawn(folder, "preferences", "hpa", "ipa")
    summary = load_sweep(folder / "sweep").summary
    for axis, metric in zip(figure.axes, ("pas_percent", "cores", "violation_percent"), strict=True):
        for number, agent in enumerate(("hpa", "ipa")):
            line = axis.containers[number].lines[0]  # type: ignore[attr-defined]
            assert close(line.get_ydata(), summary.loc[summary["agent"] == agent, metric])
    assert [label.get_text() for label in figure.axes[2].get_xticklabels()] == ["1", "8"]
    assert "accuracy" in figure.axes[2].get_xlabel()


def test_predictors_have_a_point_each(folder: Path) -> None:
    figure = drawn(folder, "predictors")
    summary = load_results(folder / "predictors").summary.set_index("agent")
    for axis, metric in zip(figure.axes, ("violation_percent", "cores"), strict=True):
        assert close([points_of(axis)[name.partition(":")[2]][1] for name in FORECASTERS], summary[metric])
    with pytest.raises(InputError, match="ipa:reactive,ipa:lstm"):
        draw("predictors", Asked(runs=[str(folder / "tasks/first")], width=SINGLE))


def test_solvers_stand_by_size_and_those_that_failed_are_left_out(folder: Path) -> None:
    axis = drawn(folder, "solver").axes[0]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["1×1", "5×5"]
    assert {str(line.get_label()): np.asarray(line.get_ydata()).tolist() for line in axis.lines} == {
        "frontier": [1, 5], "mip/CBC": [4, 20],
    }  # fmt: skip


def test_a_distribution_counts_what_was_never_answered() -> None:
    latencies_s, percent = distribution(np.array([3.0, 1.0, 2.0]), 4)
    assert latencies_s.tolist() == [1, 2, 3]
    assert percent.tolist() == [25, 50, 75]


def test_latencies_are_those_of_the_requests(folder: Path) -> None:
    axis = drawn(folder, "latency").axes[1]
    found = load_results(folder / "tasks/second")
    requests = found.requests()
    own = requests.loc[requests["agent"] == "hpa", "latency_s"]
    arrived = found.windows.loc[found.windows["agent"] == "hpa", "arrivals"].sum()
    line = next(line for line in axis.lines if line.get_label() == "hpa")
    within = np.interp(found.manifest.slo_s, line.get_xdata(), line.get_ydata())  # type: ignore[arg-type]
    assert within == pytest.approx(100 * (own <= found.manifest.slo_s).sum() / arrived, abs=0.5)
    assert [1.0, 1.0] in [np.asarray(line.get_xdata()).tolist() for line in axis.lines]


def test_changes_are_counted_knob_by_knob(folder: Path) -> None:
    found = load_results(folder / "tasks/first")
    counted = changes(found, "ipa")
    rows = found.windows[found.windows["agent"] == "ipa"]
    for knob in ("variant", "replicas", "batch", "cores"):
        own = [rows[f"{stage}.{knob}"].astype(str) for stage in STAGES]
        same_seed = (rows["seed"] == rows["seed"].shift()).to_numpy()
        expected = sum(((each != each.shift()).to_numpy() & same_seed).astype(int) for each in own)
        assert counted[knob].tolist() == np.asarray(expected).tolist()
    assert counted["variant"].sum() == 2 * 2 * 2
    axis = drawn(folder, "switching").axes[0]
    assert line_of(axis, "ipa")[-1] == counted.drop(columns=["seed", "start_s"]).sum().sum() / 2


def test_variants_side_by_side_change_one_by_one(folder: Path) -> None:
    found = load_results(folder / "tasks/first")
    rows = found.windows[(found.windows["agent"] == "ipa") & (found.windows["seed"] == 0)].head(3)
    one = {"variant": "a", "replicas": 1, "batch": 1, "cores": 2, "weight": 1.0}
    both = [one | {"weight": 0.5}, one | {"variant": "b", "weight": 0.5}]
    asked = {STAGES[0]: [[one], both, [both[0] | {"cores": 4}, both[1]]], STAGES[1]: [[one]] * 3}
    columns = {f"{stage}.deployments": pd.Series(values, index=rows.index) for stage, values in asked.items()}
    mixed = type(found)(
        summaries=found.summaries, episodes=found.episodes, windows=rows.assign(**columns), timings=found.timings,
        manifest=found.manifest, out=found.out,
    )  # fmt: skip
    counted = changes(mixed, "ipa").drop(columns=["seed", "start_s"])
    assert [{knob for knob, number in row.items() if number} for row in counted.to_dict("records")] == [
        set(), {"variant", "mix"}, {"cores"},
    ]  # fmt: skip


def test_differences_are_those_of_the_comparison(folder: Path) -> None:
    figure = drawn(folder, "paired", "hpa", "ipa", width=DOUBLE)
    expected = load_results(folder / "tasks/first").paired("ipa", "hpa")["difference"]
    for axis, metric in zip(figure.axes, ("violation_percent", "cores", "pas_percent", "reward"), strict=True):
        assert points_of(axis)["ipa"][0] == pytest.approx(expected[metric])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "give the name of a figure"),
        (["timelin", "tasks/first"], "did you mean 'timeline'"),
        (["timeline", "nowhere"], "not a folder"),
        (["timeline", "tasks"], "room for 1 of the 2"),
        (["timeline", "solvers"], "no manifest.json"),
        (["tradeoff", "tasks", "tasks/first"], "twice"),
        (["preferences", "tasks/first"], "no sweep"),
        (["solver", "tasks/first"], "bench-solver"),
        (["paired", "tasks/first", "--agents", "ipa"], "needs two"),
        (["paired", "tasks/first", "--agents", "ipa,hap"], "did you mean 'hpa'"),
        (["workloads", "burtsy"], "did you mean 'bursty'"),
        (["timeline", "tasks/first", "--out", "a.jpg"], "--out must end in"),
    ],
)
def test_what_does_not_suit_is_refused_with_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    monkeypatch.chdir(folder)
    assert main(["figure", *arguments]) == 2
    message = capsys.readouterr().err
    assert reason in message
    assert message.count("\n") == 1


def test_the_list_names_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figure", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(FIGURES)
