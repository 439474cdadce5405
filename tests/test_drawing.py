"""The style of figures: looks of agents, and files that do not depend on the run."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from ipagym import InputError
from ipagym.agents import AGENTS
from ipagym.bench.drawing.files import paths_of, picture_bytes
from ipagym.bench.drawing.looks import DARK_PALETTE, DASHES, MARKERS, PALETTE, PLOTLY_DASHES, looks
from ipagym.bench.drawing.style import new_figure, set_apart, style


def test_an_agent_has_one_look_whoever_is_beside_it() -> None:
    alone = {name: looks([name])[name] for name in ("ipa", "hpa", "zoo:video", "mine:Agent")}
    together = looks(["mine:Agent", "hpa", "zoo:video", "fa2-low", "ipa"])
    assert all(together[name] == alone[name] for name in ("ipa", "hpa", "zoo:video"))
    assert looks(["ipa:lstm", "ipa"])["ipa"] == alone["ipa"]


def test_looks_differ_first_in_colour_and_always_in_dash_or_colour() -> None:
    found = looks(["ipa:lstm", "ipa:reactive", "ipa:oracle", "a:A", "b:B", "c:C", "d:D"])
    assert len({look.colour for look in found.values()}) == len(PALETTE)
    every = looks(list(AGENTS))
    assert len(set(every.values())) == min(len(AGENTS), len(PALETTE) * len(DASHES))
    assert len(PLOTLY_DASHES) == len(DASHES)
    assert len(DARK_PALETTE) == len(PALETTE)
    assert max(look.marker for look in every.values()) < len(MARKERS)


def _lightness(colour: str) -> float:
    linear = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in linear]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_stand_out_from_the_ground() -> None:
    assert all(1.05 / (_lightness(colour) + 0.05) >= 2.7 for colour in PALETTE)
    assert all((_lightness(colour) + 0.05) / 0.05 >= 4.5 for colour in DARK_PALETTE)


def test_lines_that_coincide_lie_side_by_side() -> None:
    axis = new_figure(3, 2).subplots()
    lines = [axis.plot([0, 1], [5.0, 5.0])[0] for _ in range(3)]
    limits = axis.get_ylim()
    for place, line in enumerate(lines):
        set_apart([line], place, 3)
    drawn = [line.get_transform().transform(line.get_xydata())[0] for line in lines]
    assert drawn[1] == pytest.approx(axis.transData.transform((0, 5.0)))
    assert all(abs(a - b).max() > 0.5 for a, b in combinations(drawn, 2))
    assert axis.get_ylim() == limits
    assert all(np.asarray(line.get_ydata()).tolist() == [5.0, 5.0] for line in lines)


def _figure_bytes(ending: str) -> bytes:
    with style():
        figure = new_figure(3.33, 2)
        figure.subplots().plot([1, 2], label="one")
    return picture_bytes(figure, ending)


@pytest.mark.parametrize("ending", [".pdf", ".png", ".svg"])
def test_the_same_figure_is_the_same_bytes(ending: str) -> None:
    content = _figure_bytes(ending)
    assert content == _figure_bytes(ending)
    assert b"CreationDate" not in content


def test_pdf_embeds_its_fonts_as_truetype() -> None:
    content = _figure_bytes(".pdf")
    assert b"/FontFile2" in content
    assert b"/Type3" not in content


def test_a_name_without_ending_is_two_files(tmp_path: Path) -> None:
    assert paths_of(tmp_path / "a") == [tmp_path / "a.pdf", tmp_path / "a.png"]
    assert paths_of(tmp_path / "a.svg") == [tmp_path / "a.svg"]
    with pytest.raises(InputError, match="jpg"):
        paths_of(tmp_path / "a.jpg")
