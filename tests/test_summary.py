"""Metrics, their estimates over seeds, and the Pareto front."""

from io import StringIO

import pytest
from rich.console import Console

from ipagym.bench.comparison.summary import Estimate, estimate, summarise, summary_table


def test_estimate_uses_student_t() -> None:
    assert estimate([3.0]) == Estimate(3.0, None)
    found = estimate([1.0, 3.0])
    assert found.half_width == pytest.approx(12.7062047)
    assert found.text(1) == "2.0\n±12.7"
    many = estimate([1.0, 3.0] * 60)
    assert many.half_width == pytest.approx(1.980 / 119**0.5, abs=5e-5), "of tables: t with 119 degrees of freedom"


def test_pareto_front_leaves_out_the_dominated() -> None:
    base = dict.fromkeys(("drop_percent", "latency_p50_s", "latency_p99_s", "reward", "decision_ms"), 0.0)
    agents = {"good": (90.0, 4.0, 1.0), "cheap": (80.0, 2.0, 1.0), "bad": (80.0, 4.0, 1.0)}
    keys = ("pas_percent", "cores", "violation_percent")
    found = summarise({name: [base | dict(zip(keys, v, strict=True))] for name, v in agents.items()})
    assert [s.agent for s in found if s.pareto] == ["good", "cheap"]
    console = Console(width=200, record=True, file=StringIO())
    console.print(summary_table(found, "title", "load: a note"))
    shown = console.export_text()
    assert "good *" in shown
    assert "load: a note" in shown
