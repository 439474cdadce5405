"""`ipagym compare`: agents side by side on one scenario."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.system.errors import InputError, unknown_name
from ipagym.system.files import is_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ipagym.bench.comparison.compare import Comparison
    from ipagym.task.scenario import Scenario
    from ipagym.workload.protocol import Workload

MAX_SEEDS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The first `duration_s` seconds of another workload."""

    whole: "Workload"
    duration_s: int

    def __post_init__(self) -> None:
        """Refuse a length that the whole does not have."""
        if not 1 <= self.duration_s <= self.whole.duration_s:
            raise InputError(
                f"duration must be in 1..{self.whole.duration_s} s, the length of {self.whole.name}, "
                f"not {self.duration_s}"
            )

    @property
    def name(self) -> str:
        """The name of the whole workload."""
        return self.whole.name

    @property
    def origin(self) -> str:
        """The origin of the whole workload."""
        from ipagym.workload.origin import origin_of

        return f"the first {self.duration_s} s of: {origin_of(self.whole)}"

    def rates_rps(self, rng: "np.random.Generator") -> "NDArray[np.float64]":
        """The first rates of the whole workload, in requests per second."""
        return self.whole.rates_rps(rng)[: self.duration_s]


def compare(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    workload: Annotated[str | None, typer.Option(help="The load, by name, instead of the scenario's.")] = None,
    agents: Annotated[
        str | None,
        typer.Option(
            help="Agents, separated by commas, or all that suit. Default: the reference, hpa and simple ones. In the "
            "path of a checkpoint or manifest may stand @, : and commas: a path that exists is taken whole."
        ),
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="A HorizontalPodAutoscaler (autoscaling/v2) to run as an agent, for hpa.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="How many seeds to run.")] = 3,
    seed0: Annotated[int, typer.Option(help="The first seed.")] = 0,
    slo: Annotated[str | None, typer.Option(help="SLO: paper, tight, or seconds, instead of the scenario's.")] = None,
    trace: Annotated[Path | None, typer.Option(help="The trace file that the workload is cut from.")] = None,
    arrivals: Annotated[
        str | None,
        typer.Option(help="How rates become timestamps: poisson, gamma:CV, or uniform, which keeps a trace's counts."),
    ] = None,
    interval: Annotated[
        float | None, typer.Option(help="Adaptation interval in seconds, instead of the scenario's.")
    ] = None,
    duration: Annotated[int | None, typer.Option(help="Only the first seconds of the workload.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results.")] = None,
    backend: Annotated[
        str, typer.Option(help="Engine: compiled or simpy; the results do not depend on it.")
    ] = "compiled",
    faults: Annotated[
        str | None, typer.Option(help="What goes wrong: none, usual or harsh, instead of the scenario's.")
    ] = None,
    scrape: Annotated[float | None, typer.Option(help="Seconds between two scrapes of the figures.")] = None,
    lag: Annotated[float | None, typer.Option(help="Seconds until a scrape is known to the agents.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; the results do not depend on it.")] = None,
) -> None:
    """Run agents on the same requests; print a table and write Parquet, a figure and a manifest."""
    slo_s, named_slo = _slo(slo)
    _check_numbers(seeds=seeds, seed0=seed0, slo=slo_s, interval=interval)
    from ipagym.envs.scenarios import make_scenario
    from ipagym.task.telemetry import Telemetry

    task = make_scenario(
        scenario,
        workload,
        slo_s=slo_s,
        slo=named_slo,
        trace=trace,
        interval_s=interval,
        arrivals=arrivals,
        faults=faults,
        telemetry=None if scrape is lag is None else Telemetry(scrape_s=scrape, lag_s=lag or 0.0),
    )
    if duration is not None:
        task = replace(task, workload=Opening(whole=task.workload, duration_s=duration))
    names, title = with_manifest(_agent_names(agents, task), manifest), Path(scenario).stem
    comparison = _run(task, names, range(seed0, seed0 + seeds), title=title, out=out, backend=backend, workers=workers)
    title = f"{title} under {task.workload.name}, SLO {task.pipeline.slo_s:g} s, seeds: {seeds}"
    _show(comparison, title, task)


def _run(
    task: "Scenario",
    names: Sequence[str],
    seeds: Sequence[int],
    *,
    title: str,
    out: Path | None,
    backend: str,
    workers: int | None,
) -> "Comparison":
    """The agents on the seeds; everything that can be refused is refused before any of it runs."""
    from ipagym.agents import keeps, make_agent
    from ipagym.bench.comparison.compare import compare as run
    from ipagym.bench.comparison.compare import marks_of
    from ipagym.bench.storage.manifest import free_folder
    from ipagym.cluster.sim import ENGINES

    if backend not in ENGINES:
        raise unknown_name("backend", backend, ENGINES)
    for name in names:
        make_agent(name, task)
    # What an engine compiles on its first use, it compiles here, once for all worker processes.
    ENGINES[backend](task).advance(task.interval_s)
    factories = {name: partial(make_agent, name, task) for name in names}
    fingerprints = {name: _fingerprint(name) for name in names}
    usual = Path("results") / f"{title}-{task.workload.name.partition(' ')[0]}-{task.digest()}"
    return run(
        task,
        factories,
        seeds=seeds,
        out=out or free_folder(usual, task, marks_of(factories, fingerprints), seeds),
        make_cluster=ENGINES[backend],
        workers=workers if workers is not None else os.cpu_count() or 1,
        fingerprints=fingerprints,
        keeps={name: keeps(name, task) for name in names},
    )


def _show(comparison: "Comparison", title: str, task: "Scenario") -> None:
    from ipagym.bench.comparison.summary import bound_line, kept_knobs, summary_table
    from ipagym.cli.console import console
    from ipagym.task.workload_line import workload_line

    screen = console()
    screen.print(summary_table(comparison.summaries, title, f"load: {workload_line(task)}"))
    for line in bound_line(comparison.summaries):
        screen.print(line)
    for line in kept_knobs(comparison.summaries):
        screen.print(f"kept {line}", markup=False)
    print(f"written to {comparison.out}")


def _check_numbers(*, seeds: int, seed0: int, slo: float | None, interval: float | None) -> None:
    if not 1 <= seeds <= MAX_SEEDS:
        raise InputError(f"--seeds must be in 1..{MAX_SEEDS}, not {seeds}")
    if seed0 < 0:
        raise InputError(f"--seed0 must be 0 or more, not {seed0}")
    for name, value in (("--slo", slo), ("--interval", interval)):
        if value is not None and not 0 < value < float("inf"):
            raise InputError(f"{name} must be above 0 seconds and finite, not {value}")


def _slo(text: str | None) -> tuple[float | None, str | None]:
    """The SLO in seconds, or by its name."""
    try:
        return (None if text is None else float(text)), None
    except ValueError:
        return None, text


def _agent_names(text: str | None, scenario: "Scenario") -> Sequence[str]:
    from ipagym.agents import USUAL, suitable
    from ipagym.agents.spec import split_specs

    if text is None or text.strip() == "all":
        return [name for name in suitable(scenario) if text or name in USUAL]
    names = split_specs(text)
    if not names:
        raise InputError("--agents names no agent: separate names by commas")
    if len(set(names)) < len(names):
        raise InputError(f"--agents names an agent twice: {text}")
    return names


def with_manifest(names: Sequence[str], manifest: Path | None) -> list[str]:
    """The agents, with hpa run by the manifest where one is given: in the place of hpa, or at the end."""
    if manifest is None:
        return list(names)
    if not is_file(manifest):
        raise InputError(f"no manifest {manifest}: give the path of a YAML file with a HorizontalPodAutoscaler")
    by_manifest = f"hpa:{manifest}"
    named = [by_manifest if name == "hpa" else name for name in names]
    return named if by_manifest in named else [*named, by_manifest]


def _fingerprint(agent: str) -> str:
    """A hash of the file behind an agent (a checkpoint, a manifest), so that with another one it is run again."""
    from ipagym.agents.spec import parse_spec

    path = parse_spec(agent).path
    if path is None:
        return ""
    files = sorted(path.glob("*.pt")) if path.is_dir() else [path]
    return sha256(b"".join(sha256(file.read_bytes()).digest() for file in files if file.is_file())).hexdigest()
