"""`ipagym profile`: measure a live pipeline into a profile file."""

from pathlib import Path
from typing import Annotated

import typer

from ipagym.system.errors import unknown_name

MEASURABLE = ("digits",)


def profile(
    pipeline: Annotated[str, typer.Argument(help="A pipeline with models: digits.")],
    out: Annotated[Path, typer.Option(help="The profile file to write.")] = Path("digits.yaml"),
) -> None:
    """Measure latency by variant, batch and cores at half load, start times and accuracy end to end; takes minutes."""
    if pipeline not in MEASURABLE:
        raise unknown_name("pipeline with models", pipeline, MEASURABLE)
    from ipagym.cluster.live.digits.profile import profile_fields
    from ipagym.profiles.written import MEASURED, profile_text
    from ipagym.system.files import make_folder, write_atomically
    from ipagym.system.progress import counted

    make_folder(out.parent)
    with counted("variants") as tick:
        fields = profile_fields(tick)
    write_atomically(out, profile_text(fields, MEASURED).encode())
    print(f"written to {out}")
