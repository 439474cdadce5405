"""The C event loop `loop.c`: compiled with the system's compiler, called as a program."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from ipagym.bench.engine_speed.models import Model
from ipagym.system.errors import IpagymError

COMPILERS = ("cc", "gcc", "clang")


@dataclass(frozen=True, slots=True)
class Run:
    """The report of the loop: requests completed, wall seconds, their mean latency in seconds, and utilisation 0..1."""

    requests: int
    seconds: float
    mean_latency_s: float
    utilisation: float


class CompilerError(IpagymError, RuntimeError):
    """The system's compiler does not compile the loop; the message holds its first line."""


def find_compiler() -> str | None:
    """The path of the system's C compiler, or none."""
    return next(filter(None, map(shutil.which, COMPILERS)), None)


def build(compiler: str, folder: Path) -> Path:
    """Compile the loop into `folder` and return the program.

    Raises:
        CompilerError: the compiler failed.
    """
    program = folder / "loop"
    with as_file(files("ipagym.bench.engine_speed") / "loop.c") as source:
        command = [compiler, "-O2", "-o", str(program), str(source), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise CompilerError(f"{compiler}: {(done.stderr.splitlines() or ['no message'])[0]}")
    return program


def run(program: Path, model: Model, *, duration_s: int, seed: int) -> Run:
    """Simulate `duration_s` seconds of the model."""
    command = [str(program), *map(repr, _arguments(model, duration_s, seed))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return Run(**json.loads(done.stdout))


def _arguments(model: Model, duration_s: int, seed: int) -> list[float]:
    latency = model.latency
    sizes = range(1, model.batch + 1)
    services = [number for size in sizes for number in (latency.average(size), latency.noise_sigma(size))]
    pipeline = [model.stages, model.batch, model.batch_timeout_s, model.replicas]
    return [seed, duration_s, model.rate_rps, *pipeline, *services]
