"""The summary of a comparison as LaTeX, Markdown or CSV."""

from collections.abc import Callable, Mapping

import pandas as pd

from ipagym.bench.comparison.results import Comparison
from ipagym.bench.comparison.summary import Estimate, Metric
from ipagym.bench.report.content import heading, shown_metrics
from ipagym.system.errors import InputError

REMEDY = "tables in LaTeX and Markdown need jinja2 and tabulate: install them with `pip install 'ipagym[report]'`"


def table_text(found: Comparison, form: str) -> str:
    """The means over seeds of a comparison, an agent to a row. `form` is latex (for booktabs), markdown or csv; in csv
    the half widths of 95 % intervals have columns of their own, in full precision.

    Raises:
        InputError: a package of the extra `report` is missing.
    """
    try:
        return FORMS[form](found)
    except ImportError as error:
        raise InputError(REMEDY) from error


def _markdown(found: Comparison) -> str:
    shown = _texts(found, "±", lambda text: text.replace("|", r"\|"))
    return shown.to_markdown(index=False, colalign=["left", *["right"] * (len(shown.columns) - 1)]) + "\n"


def _latex(found: Comparison) -> str:
    shown = _texts(found, r"$\pm$", _escaped)
    return shown.to_latex(index=False, escape=False, column_format="l" + "r" * (len(shown.columns) - 1))


def _csv(found: Comparison) -> str:
    keys = [metric.key for metric in shown_metrics({"": found})]
    columns = ["agent", *(name for key in keys for name in (key, f"{key}_ci95"))]
    return found.summary[columns].to_csv(index=False)


FORMS: Mapping[str, Callable[[Comparison], str]] = {"latex": _latex, "markdown": _markdown, "csv": _csv}


def _texts(found: Comparison, between: str, escaped: Callable[[str], str]) -> pd.DataFrame:
    metrics = shown_metrics({"": found})
    return pd.DataFrame(
        {"agent": escaped(each.agent)}
        | {escaped(heading(metric)): _text(each.estimates.get(metric.key), metric, between) for metric in metrics}
        for each in found.summaries
    )


def _text(estimate: Estimate | None, metric: Metric, between: str) -> str:
    if estimate is None or estimate.mean != estimate.mean:
        return "–"
    mean = f"{estimate.mean:.{metric.digits}f}".replace("-", "−" if between == "±" else "$-$")
    return mean if estimate.half_width is None else f"{mean} {between} {estimate.half_width:.{metric.digits}f}"


LATEX_SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def _escaped(text: str) -> str:
    """Text in which LaTeX reads no command."""
    return "".join(LATEX_SPECIAL.get(character, character) for character in text)
