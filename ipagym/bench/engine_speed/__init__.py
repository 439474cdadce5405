"""The speed benchmark: engines and environments compared with other simulators on equal models."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ipagym.bench.engine_speed import c_loop, engines, environments, start
from ipagym.bench.engine_speed.measure import Progress, Row, race
from ipagym.bench.engine_speed.models import all_models
from ipagym.bench.engine_speed.report import Report, this_machine
from ipagym.system.errors import InputError

MAX_REPEATS = 1000

__all__ = ["Report", "Settings", "run"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The number of rounds; `quick`: measurements so short that they only show that they work."""

    repeats: int = 5
    quick: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.repeats <= MAX_REPEATS:
            raise InputError(f"repeats must be in 1..{MAX_REPEATS}, not {self.repeats}")


def run(settings: Settings, progress: Progress) -> Report:
    """Measure everything; minutes, or some seconds if quick."""
    rows = _requests(settings, progress)
    rates = environments.RATES_RPS[:1] if settings.quick else environments.RATES_RPS
    for rate_rps in rates:
        rows += environments.rows(rate_rps, settings.repeats, progress, quick=settings.quick)
    rows += start.rows(progress, quick=settings.quick)
    return Report(machine=this_machine(), repeats=settings.repeats, quick=settings.quick, rows=tuple(rows))


def _requests(settings: Settings, progress: Progress) -> list[Row]:
    with TemporaryDirectory(prefix="ipagym-loop-") as folder:
        loop = _loop(Path(folder))
        fields = (engines.field(model, loop, quick=settings.quick) for model in all_models())
        return [row for field in fields for row in race(field, settings.repeats, progress)]


def _loop(folder: Path) -> Path | str:
    """The C loop as a program in `folder`, or why there is none."""
    compiler = c_loop.find_compiler()
    if compiler is None:
        return "no compiler"
    try:
        return c_loop.build(compiler, folder)
    except c_loop.CompilerError as error:
        return str(error)
