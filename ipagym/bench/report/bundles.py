"""The libraries that the page carries along: plotly.js and DataTables, from the packages that ship them."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from ipagym.system.errors import InputError

REMEDY = "a report needs plotly, itables and jinja2: install them with `pip install 'ipagym[report]'`"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundles:
    """Texts of the libraries: `plotly` a script, `tables` a module in base 64, `tables_css` its style.

    `notice` names them with their versions and licences.
    """

    plotly: str
    tables: str
    tables_css: str
    notice: str


def read_bundles() -> Bundles:
    """The bundles of what is installed.

    Raises:
        InputError: plotly, itables or jinja2 is not.
    """
    try:
        import itables
        import jinja2  # noqa: F401 - told here together with the others
        from itables.options import dt_bundle
        from plotly import __version__ as plotly_version
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise InputError(REMEDY) from error
    script = Path(dt_bundle)
    return Bundles(
        plotly=get_plotlyjs(),
        tables=b64encode(script.read_bytes()).decode("ascii"),
        tables_css=script.with_suffix(".css").read_text(encoding="utf-8"),
        notice=f"plotly.js as shipped with plotly {plotly_version} (MIT), DataTables, its extensions and jQuery as "
        f"shipped with itables {itables.__version__} (MIT)",
    )
