"""The picture of training runs is made from the cards of the zoo."""

from pathlib import Path

import numpy as np
import pytest

from ipagym.agents.learned.zoo import FOLDER
from ipagym.cli.learning_curves import curves, figure

CARDS = sorted(FOLDER.glob("*.md"))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.stem)
def test_every_card_has_the_curves_of_three_runs(card: Path) -> None:
    found = curves(card)
    assert len(found) == 3
    assert all(len(curve) > 3 and list(curve) == sorted(curve) for curve in found)


def test_there_is_a_panel_for_each_policy() -> None:
    drawn = figure({card.stem: curves(card) for card in CARDS})
    assert [panel.get_title() for panel in drawn.axes if panel.axison] == [card.stem for card in CARDS]
    last = max(curves(CARDS[0])[0])
    assert np.max(drawn.axes[0].lines[0].get_xdata()) == last
