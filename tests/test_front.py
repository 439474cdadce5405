"""Fronts over several weights: hypervolumes against counted boxes, intervals, order, pictures and refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ipagym.cli import main
from ipagym.system.errors import InputError
from tests.result_folders import write_results

pytest.importorskip("moocore")

from ipagym.bench.drawing.files import picture_bytes
from ipagym.bench.front.picture import draw
from ipagym.bench.front.points import Points, points_of
from ipagym.bench.front.tables import front_frame, volume_frame
from ipagym.bench.front.volume import Box, box_of, difference_interval, on_front, volume, volume_interval

BOX = Box(reference=np.array([0.0, 10.0, 10.0]), best=np.array([10.0, 0.0, 0.0]))


def table(**agents: list[tuple[float, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        {"agent": agent, "seed": seed, "pas_percent": pas, "cores": cores, "violation_percent": late}
        for agent, rows in agents.items()
        for seed, (pas, cores, late) in enumerate(rows)
    )


def test_the_hypervolume_is_the_share_of_the_box_that_points_dominate() -> None:
    """Against unit cells, counted one by one."""
    rng = np.random.default_rng(0)
    for number in (1, 2, 5):
        points = rng.integers(0, 11, size=(number, 3)).astype(float)
        axes = np.meshgrid(*[np.arange(10) + 0.5] * 3, indexing="ij")
        pas, cores, late = (axis[..., np.newaxis] for axis in axes)
        beaten = (pas < points[:, 0]) & (cores > points[:, 1]) & (late > points[:, 2])
        assert volume(points, BOX) == pytest.approx(beaten.any(axis=-1).mean())


def test_the_front_is_what_no_other_point_dominates() -> None:
    points = np.array(
        [[5.0, 5.0, 1.0], [6.0, 5.0, 1.0], [4.0, 4.0, 1.0], [6.0, 6.0, 0.5], [6.0, 6.0, 2.0], [4.0, 4.0, 1.0]]
    )
    assert on_front(points).tolist() == [False, True, True, True, False, True]


def test_the_reference_lies_beyond_the_worst_or_is_as_given() -> None:
    points = points_of({"a": table(one=[(10, 2, 1)], other=[(30, 12, 1)])})
    box = box_of(points)
    np.testing.assert_allclose(box.reference, [8.0, 13.0, 2.0])
    np.testing.assert_allclose(box.best, [30.0, 2.0, 1.0])
    assert box_of(points, (5.0, 20.0, 9.0)).reference.tolist() == [5.0, 20.0, 9.0]
    for wrong, what in (((5.0, 20.0), "3 numbers"), ((40.0, 20.0, 9.0), "worse than the best"), ((np.nan,) * 3, "num")):
        with pytest.raises(InputError, match=what):
            box_of(points, wrong)


def test_intervals_hold_what_seeds_vary_and_pairs_take_away_what_they_share() -> None:
    rng = np.random.default_rng(1)
    shared = rng.normal(0.0, 1.0, size=(1, 12, 3))
    low = np.array([[4.0, 5.0, 4.0], [6.0, 7.0, 4.0]])[:, np.newaxis] + shared
    points = Points(weights=("a", "b"), of_agent={"low": low, "high": low + np.array([1.0, 0.0, 0.0])})
    own, apart = volume_interval(points, "low", BOX), difference_interval(points, "high", "low", BOX)
    assert own.low is not None
    assert own.high is not None
    assert own.low < own.value < own.high
    assert apart.low is not None
    assert apart.high is not None
    assert 0 < apart.low <= apart.value <= apart.high
    assert apart.high - apart.low < own.high - own.low
    one = Points(weights=("a",), of_agent={"low": low[:1, :1]})
    assert volume_interval(one, "low", BOX).low is None


def test_weights_stand_by_their_numbers_and_seeds_by_theirs() -> None:
    one, other = table(a=[(1, 2, 3), (4, 5, 6)]), table(a=[(7, 8, 9), (1, 1, 1)])
    points = points_of({"alpha-160": one, "alpha-20": other.iloc[::-1], "alpha-2.5": one})
    assert points.weights == ("alpha-2.5", "alpha-20", "alpha-160")
    assert points.of_agent["a"][1].tolist() == [[7, 8, 9], [1, 1, 1]]
    with pytest.raises(InputError, match="alpha-20 has other agents or seeds than alpha-10"):
        points_of({"alpha-10": one, "alpha-20": table(a=[(1, 2, 3)])})
    with pytest.raises(InputError, match="needs results"):
        points_of({})


def test_the_picture_has_the_means_and_the_same_bytes_twice() -> None:
    points = points_of(
        {"alpha-1": table(a=[(10, 2, 1), (12, 3, 1)], b=[(9, 4, 2), (9, 4, 2)]),
         "alpha-2": table(a=[(20, 6, 3), (20, 6, 3)], b=[(25, 9, 0), (25, 9, 0)])}
    )  # fmt: skip
    frame = front_frame(points)
    assert frame["front"].tolist() == [True, False, True, True]
    accuracy, late = draw(frame).axes
    drawn = {str(line.get_label()): np.asarray(line.get_xydata()).tolist() for line in accuracy.get_lines()}
    assert drawn["a"] == [[2.5, 11.0], [6.0, 20.0]]
    assert drawn["b"] == [[4.0, 9.0], [9.0, 25.0]]
    assert [text.get_text() for text in accuracy.texts] == ["alpha-1", "alpha-2"]
    assert late.get_ylim()[0] == 0
    assert picture_bytes(draw(frame), ".pdf") == picture_bytes(draw(frame), ".pdf")
    assert volume_frame(points, box_of(points))["agent"].tolist() == ["a", "b"]


def test_the_command_reads_a_folder_of_comparisons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("alpha-10", "alpha-2"):
        write_results(tmp_path / "runs" / name, ["static-min", "hpa"])
    out = tmp_path / "front.png"
    assert main(["front", str(tmp_path / "runs"), "--reference", "10,40,100", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert shown.index("alpha-2") < shown.index("alpha-10")
    assert "reference point (PAS 10 %, cores 40, violations 100 %)" in shown
    assert out.read_bytes().startswith(b"\x89PNG")
    for arguments, what in (
        (["--reference", "1,x"], "three numbers"),
        (["--reference", "90,40,100"], "worse than the best"),
        (["--out", str(tmp_path / "a.gif")], "must end in .pdf or .png"),
    ):
        assert main(["front", str(tmp_path / "runs"), *arguments]) == 2
        assert what in capsys.readouterr().err
