"""`ipagym profile`: measure a live pipeline and write its profile."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.system.errors import InputError, unknown_name

if TYPE_CHECKING:
    from ipagym.cluster.live.profiling.subject import Subject

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def profile(
    pipeline: Annotated[str, typer.Argument(help="digits, or with --onnx a name for the pipeline.")],
    onnx: Annotated[
        list[str] | None,
        typer.Option(
            help="Models of a stage, one file per variant: small.onnx,large.onnx or NAME=small.onnx,large.onnx. "
            "Repeat for each stage, in order."
        ),
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="With --onnx: .npz file with inputs x and classes y.")] = None,
    slo: Annotated[float, typer.Option(help="With --onnx: SLO of the profile in seconds.")] = 1.0,
    out: Annotated[
        Path | None, typer.Option(help="Profile file to write. Default: PIPELINE.yaml. Figures are written beside it.")
    ] = None,
) -> None:
    """Measure latency by variant, batch and cores at half load, start times, and end-to-end accuracy. This takes
    minutes.

    Each figure with its 95 % interval is in a CSV file beside the profile. The file is written during the measurement,
    and variants that it already has are not measured again. Delete or move it to measure everything again.
    """
    from ipagym.cluster.live.profiling.profile import profile_fields
    from ipagym.cluster.live.profiling.record import Record
    from ipagym.profiles.written import MEASURED, profile_text
    from ipagym.system.files import make_folder, write_atomically
    from ipagym.system.progress import counted

    subject = _own(pipeline, onnx, labels, slo) if onnx else _of_package(pipeline, labels)
    out = out or Path(f"{pipeline}.yaml")
    make_folder(out.parent)
    record = Record(out.with_suffix(".measured.csv"))
    with counted("variants") as tick:
        fields = profile_fields(subject, record, tick)
    found = list(record.summary())
    write_atomically(out, profile_text(fields, " ".join([MEASURED, *(f"{line}." for line in found)])).encode())
    print(*found, f"written to {out}, every figure with its interval to {record.path}", sep="\n")


def _of_package(pipeline: str, labels: Path | None) -> "Subject":
    from ipagym.cluster.live.digits.profile import digits_subject

    measurable: dict[str, Callable[[], Subject]] = {"digits": digits_subject}
    if pipeline not in measurable:
        raise unknown_name("pipeline with models (or give --onnx)", pipeline, measurable)
    if labels is not None:
        raise InputError("--labels goes with --onnx: the package's pipelines have labels")
    return measurable[pipeline]()


def _own(pipeline: str, onnx: Sequence[str], labels: Path | None, slo_s: float) -> "Subject":
    from ipagym.cluster.live.profiling.own_models import own_subject

    if not NAME.fullmatch(pipeline):
        raise InputError(f"a pipeline is named by letters, digits, - and _, not {pipeline!r}")
    if labels is None:
        raise InputError("accuracy is measured on labelled inputs: give --labels FILE.npz")
    if not 0 < slo_s < 1e6:
        raise InputError(f"--slo is a number of seconds above 0, not {slo_s}")
    stages = dict(_stage(text, number) for number, text in enumerate(onnx, 1))
    if len(stages) < len(onnx):
        raise InputError("two stages have the same name: give each one of its own")
    return own_subject(pipeline, stages, labels, slo_s)


def _stage(text: str, number: int) -> tuple[str, list[Path]]:
    """The stage of an option, by its name or its number, and the files of its models."""
    named, equals, files = text.partition("=")
    name, paths = (named, files) if equals else (f"stage-{number}", text)
    if not NAME.fullmatch(name) or not all(paths.split(",")):
        raise InputError(f"--onnx is small.onnx,large.onnx or NAME=small.onnx,large.onnx, not {text!r}")
    return name, [Path(path) for path in paths.split(",")]
