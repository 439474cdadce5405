"""`ipagym compare`: a comparison of agents on one scenario."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipagym.cli.compare_output import Shown, check_sorting, show
from ipagym.cli.leaderboard import RAY_HELP
from ipagym.cli.output import AsCsv, AsJson, form_of
from ipagym.system.errors import InputError
from ipagym.system.progress import no_bars

if TYPE_CHECKING:
    from ipagym.agents.autoscalers.manifests.read import Manifests
    from ipagym.task.scenario import Scenario

MAX_SEEDS = 10_000

LIVE_S = 60
"""Default seconds of the workload on live backends, where an episode takes that time."""


def compare(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    workload: Annotated[
        str | None, typer.Option(help="Load by name or the path of a file, instead of the scenario's.")
    ] = None,
    agents: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated agents, or all (every suitable one); your own as MODULE:CLASS. Default: the "
            "reference, hpa and simple ones. Paths of existing checkpoints or manifests may contain @, : and commas."
        ),
    ] = None,
    manifest: Annotated[
        list[str] | None,
        typer.Option(
            help="File with autoscalers (HPA, VPA, KEDA, Knative; YAML or JSON, - for standard input) to run as one "
            "agent, in place of hpa; several files act together."
        ),
    ] = None,
    ignore_metric: Annotated[
        list[str] | None, typer.Option(help="Name of a metric of the manifests to ignore, such as memory.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="Number of seeds. Default: 3; live: 1.")] = None,
    seed0: Annotated[int, typer.Option(help="First seed; test seeds are 0 to 99,999.")] = 0,
    slo: Annotated[str | None, typer.Option(help="SLO: paper, tight, or seconds, instead of the scenario's.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Trace file from which the workload is cut.")] = None,
    arrivals: Annotated[
        str | None,
        typer.Option(help="How rates become timestamps: poisson, gamma:CV, or uniform (keeps a trace's counts)."),
    ] = None,
    interval: Annotated[
        float | None, typer.Option(help="Adaptation interval in seconds, instead of the scenario's.")
    ] = None,
    duration: Annotated[
        int | None, typer.Option(help="Use only this many seconds of the workload. Default: all; live: 60.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results.")] = None,
    backend: Annotated[
        str,
        typer.Option(
            help="Simulated: compiled or simpy (same results). Live, in real time: local (real models) or rehearsal "
            "(processes that sleep for the service times); ray and ray-rehearsal; kubernetes and kubernetes-rehearsal."
        ),
    ] = "compiled",
    faults: Annotated[str | None, typer.Option(help="Faults: none, usual or harsh, instead of the scenario's.")] = None,
    scrape: Annotated[float | None, typer.Option(help="Seconds between two scrapes of metrics.")] = None,
    lag: Annotated[float | None, typer.Option(help="Seconds until agents receive a scrape.")] = None,
    workers: Annotated[int | None, typer.Option(help="Number of processes; results do not depend on it.")] = None,
    ray: Annotated[str | None, typer.Option(help=RAY_HELP)] = None,
    decision_limit: Annotated[
        float | None,
        typer.Option(help="Time limit in seconds for a decision in a worker process. Default: 10 intervals."),
    ] = None,
    memory_limit: Annotated[
        float | None, typer.Option(help="Memory limit of a worker process in GiB. Default: 4.")
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    sort: Annotated[
        str | None, typer.Option(help="Column of summary.csv to sort the table by; -COLUMN: descending.")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print no table and no progress; results are in the folder.")
    ] = False,
) -> None:
    """Run agents on the same requests; print a table and write Parquet, a figure and a manifest.

    Exit code 1 if an agent failed: the table has the other agents, and the reason follows it.
    """
    from ipagym.cluster.backends import named_backend

    shown = Shown(form=form_of(as_json=as_json, as_csv=as_csv), by=sort, quiet=quiet)
    slo_s, named_slo = _slo(slo)
    is_live = named_backend(backend).abilities.real_time
    seeds = (1 if is_live else 3) if seeds is None else seeds
    duration = LIVE_S if is_live and duration is None else duration
    _check_numbers(seeds=seeds, seed0=seed0, slo=slo_s, interval=interval)
    from ipagym.api import compare as run
    from ipagym.cli.console import tell_source
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
    ).opening(duration)
    if shown.is_told:
        tell_source(task.workload)
    names = _agent_names(agents, task)
    check_sorting(sort, names)
    title = Path(scenario).stem
    with no_bars() if quiet else nullcontext():
        comparison = run(
            task,
            with_manifests(names, manifest or (), ignore_metric or ()),
            seeds=seeds,
            seed0=seed0,
            out=out,
            backend=backend,
            workers=workers if workers is not None else 1 if is_live else os.cpu_count() or 1,
            ray=ray,
            title=title,
            decision_limit_s=decision_limit,
            memory_limit_gib=memory_limit,
        )
    show(comparison, f"{title} under {task.workload.name}, SLO {task.pipeline.slo_s:g} s, seeds: {seeds}", task, shown)
    if comparison.manifest.failed:
        raise typer.Exit(1)


def _check_numbers(*, seeds: int, seed0: int, slo: float | None, interval: float | None) -> None:
    if not 1 <= seeds <= MAX_SEEDS:
        raise InputError(f"--seeds must be in 1..{MAX_SEEDS}, not {seeds}")
    if seed0 < 0:
        raise InputError(f"--seed0 must be 0 or more, not {seed0}")
    for name, value in (("--slo", slo), ("--interval", interval)):
        if value is not None and not 0 < value < float("inf"):
            raise InputError(f"{name} must be above 0 seconds and finite, not {value}")


def _slo(text: str | None) -> tuple[float | None, str | None]:
    """The SLO in seconds, or its name."""
    try:
        return (None if text is None else float(text)), None
    except ValueError:
        return None, text


def _agent_names(text: str | None, scenario: "Scenario") -> Sequence[str]:
    from ipagym.agents.contestants import listed

    names = [str(name) for name in listed(text, scenario)]
    if not names:
        raise InputError("--agents names no agent: separate names by commas")
    if len(set(names)) < len(names):
        raise InputError(f"--agents names an agent twice: {text}")
    return names


def with_manifests(names: Sequence[str], manifests: Sequence[str], ignored: Sequence[str]) -> "list[str | Manifests]":
    """The agents, with the manifests' autoscalers, if there are any, in place of hpa or at the end."""
    if not manifests:
        if ignored:
            raise InputError("--ignore-metric goes with --manifest: give the file that has the metric")
        return list(names)
    from ipagym.agents.autoscalers.manifests.read import read_manifests

    read = read_manifests(*manifests, ignore_metrics=ignored)
    return [read if name == "hpa" else name for name in names] + ([] if "hpa" in names else [read])
