"""The gallery: its page is made from its file, its pictures are there and small, and what is done is not done again."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ipagym import InputError
from ipagym.bench.figures.catalogue import FIGURES
from ipagym.cli import main
from ipagym.cli.gallery import make_gallery, page, read_gallery
from tests.result_folders import Size, write_results

DOCS = Path(__file__).parents[1] / "docs"
MOST_BYTES, MOST_BYTES_IN_ALL = 100_000, 1_500_000

SMALL = """
heading: "# Pictures"
runs:
  tasks/one: compare video --seeds 2
  tasks/two: compare nlp --seeds 2
parts:
  - title: A paper
    text: Words.
    pictures:
      - {name: tradeoff, title: T, figure: "tradeoff {tasks} --agents hpa,ipa", alt: A, load: L, paper: P, ours: O}
"""


def test_the_page_is_what_its_file_makes() -> None:
    assert page(read_gallery(DOCS / "gallery.yaml")) == (DOCS / "gallery.md").read_text()


def test_every_picture_is_there_and_small() -> None:
    gallery = read_gallery(DOCS / "gallery.yaml")
    files = [DOCS / "images" / "gallery" / f"{picture.name}.png" for picture in gallery.pictures]
    sizes = [file.stat().st_size for file in files]
    assert max(sizes) <= MOST_BYTES
    assert sum(sizes) <= MOST_BYTES_IN_ALL
    assert sorted(files) == sorted((DOCS / "images" / "gallery").iterdir())


def test_every_run_is_used_and_every_figure_known() -> None:
    gallery = read_gallery(DOCS / "gallery.yaml")
    assert {name for picture in gallery.pictures for name in gallery.behind(picture)} == set(gallery.runs)
    assert {picture.figure.split()[0] for picture in gallery.pictures} <= set(FIGURES)


def test_what_is_done_is_not_run_again(tmp_path: Path) -> None:
    (tmp_path / "gallery.yaml").write_text(SMALL)
    gallery, ran = read_gallery(tmp_path / "gallery.yaml"), []

    def run(command: Sequence[str]) -> int:
        ran.append(list(command))
        write_results(Path(command[-1]), ("ipa", "hpa"), Size(windows=3, seeds=2))
        return 0

    make_gallery(gallery, tmp_path / "runs", tmp_path, run)
    folders = [str(tmp_path / "runs" / "tasks" / name) for name in ("one", "two")]
    assert ran == [
        ["compare", task, "--seeds", "2", "--out", out] for task, out in zip(("video", "nlp"), folders, strict=True)
    ]
    first = (tmp_path / "images" / "gallery" / "tradeoff.png").read_bytes()
    make_gallery(gallery, tmp_path / "runs", tmp_path, run)
    assert len(ran) == 2
    assert (tmp_path / "images" / "gallery" / "tradeoff.png").read_bytes() == first
    text = (tmp_path / "gallery.md").read_text()
    assert "    ipagym figure tradeoff runs/tasks --agents hpa,ipa --out tradeoff\n" in text
    changed = gallery.model_copy(update={"runs": {"tasks/one": "compare video --seeds 3"}})
    with pytest.raises(InputError, match=r"compare video --seeds 3 .* failed"):
        make_gallery(changed, tmp_path / "runs", tmp_path, lambda command: 1)


def test_a_command_of_the_page_draws_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    gallery = read_gallery(DOCS / "gallery.yaml")
    command = next(p.command("runs", p.name) for p in gallery.pictures if p.name == "infadapter-workloads")
    assert main(command) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"infadapter-workloads.pdf", "infadapter-workloads.png"}
