"""Profiles: what is shipped, and that nonsense is named in one line."""

import csv
from pathlib import Path

import pytest

from ipagym import profiles
from ipagym.model.latency import LatencyModel, quadratic
from ipagym.system.errors import InputError

PUBLISHED = Path(__file__).parents[2] / "shared" / "data" / "ipa" / "ipa_base_profiles.csv"
VIDEO = (profiles.FOLDER / "video.yaml").read_text()


def test_the_video_pipeline() -> None:
    profile = profiles.load("video")
    assert [stage.name for stage in profile.pipeline.stages] == ["crop", "classification"]
    assert [len(stage.variants) for stage in profile.pipeline.stages] == [5, 5]
    for stage in profile.pipeline.stages:
        assert [v.accuracy for v in stage.variants] == sorted(v.accuracy for v in stage.variants)
        for variant in stage.variants:
            latencies = [variant.latency.average(batch) for batch in range(1, 9)]
            assert latencies == sorted(latencies)


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published profile table is not at hand")
def test_figures_and_quadratics_are_the_published_ones() -> None:
    with PUBLISHED.open() as file:
        rows = {row["variant"]: row for row in csv.DictReader(file) if row["pipeline"] == "video"}
    for stage in profiles.load("video").pipeline.stages:
        for variant in stage.variants:
            row = rows[variant.name]
            assert variant.accuracy == pytest.approx(float(row["score"]) / 100, rel=1e-12)
            assert variant.base_cores == int(row["base_cores"])
            for table, kind in ((variant.latency.average_s, "avg"), (variant.latency.p99_s, "p99")):
                assert all(seconds == float(row[f"lat_{kind}_b{batch}"]) for batch, seconds in table.items())
                published = [float(row[f"quad_{kind}_{name}"]) for name in ("a_b2", "b", "c")]
                assert quadratic(table) == pytest.approx(published, rel=1e-4, abs=1e-6)


def test_the_quadratic_is_the_exact_parabola_through_three_points() -> None:
    model = LatencyModel(average_s={1: 0.1, 2: 0.17, 8: 0.8}, p99_s={1: 0.2, 2: 0.3, 8: 1.0})
    x, y, z = quadratic(model.average_s)
    assert [x * b * b + y * b + z for b in (1, 2, 8)] == pytest.approx([0.1, 0.17, 0.8])
    assert model.average(4) == pytest.approx(x * 16 + y * 4 + z)
    with pytest.raises(InputError, match="batch 9 is outside"):
        model.average(9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("accuracy: 0.457", "accuracy: 1.7", "stages.0.variants.0.accuracy: 1.7"),
        ("accuracy: 0.457", "accuracy: -0.1", "stages.0.variants.0.accuracy: -0.1"),
        ("accuracy: 0.457", "accuracy: .nan", "stages.0.variants.0.accuracy: nan"),
        ("accuracy: 0.457", "acuracy: 0.457", "stages.0.variants.0"),
        ("1: 0.064417,", "1: -0.064417,", "-0.064417"),
        ("{1: 0.064417, ", "{", "lacks batch 1"),
        ("1: 0.064417,", "1: 5.0,", "exceeds p99_s"),
        ("name: yolov5s", "name: yolov5n", "yolov5n appears twice"),
        ("base_cores: 1", "base_cores: 0", "base_cores: 0"),
        ("slo_s: 4.598244", "slo_s: 0", "slo_s: 0"),
        ("batches: [1, 2, 4, 8]", "batches: [1, 128]", "exceed the profile"),
        ("name: video", "name: [video", "line"),
        ("name: video", "name: video\nextra: 1", "extra: 1"),
    ],
)
def test_nonsense_is_named_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in VIDEO
    path = tmp_path / "mine.yaml"
    path.write_text(VIDEO.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        profiles.load_file(path)
    text = str(caught.value)
    assert text.startswith("mine.yaml: ")
    assert message in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff\xfe\x00", b"a: &a [*a, *a]", b"!!python/object:os.system {}", b"{" * 5000]
)
def test_files_that_are_no_profile(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^mine\.yaml: "):
        profiles.load_file(path)


def test_large_and_missing_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    with pytest.raises(InputError, match="no such file"):
        profiles.load_file(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match="larger than"):
        profiles.load_file(path)
    with pytest.raises(InputError, match="did you mean 'video'"):
        profiles.load("vidio")
