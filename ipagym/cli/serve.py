"""`ipagym serve`: put an agent in charge of a cluster."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ipagym.control.loop import Step


def serve(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    agent: Annotated[str, typer.Option(help="The controller, as for `ipagym compare`.")] = "ipa",
    backend: Annotated[str, typer.Option(help="local, rehearsal, or a simulator to try it on.")] = "local",
    workload: Annotated[str | None, typer.Option(help="The load, by name or the path of a file.")] = None,
    duration: Annotated[int | None, typer.Option(help="Only the first seconds of the workload.")] = None,
    seed: Annotated[int, typer.Option(help="Of the load.")] = 0,
    shadow: Annotated[bool, typer.Option("--shadow", help="Only say what the agent would do.")] = False,
    most_change: Annotated[int, typer.Option(help="Replicas that a stage may gain or lose at once.")] = 2,
    cool_down: Annotated[float, typer.Option(help="Seconds without another change of variants after one.")] = 0.0,
    decision_limit: Annotated[
        float | None, typer.Option(help="Seconds for a decision; else the last one stands. Default: half an interval.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(help="A file for decisions and their reasons, a line of JSON each.")
    ] = None,
) -> None:
    """Control a cluster in real time, within safety limits; Ctrl-C or SIGTERM ends it after the window under way."""
    from ipagym.agents import make_agent
    from ipagym.cluster.backends import check_able, named_backend
    from ipagym.control.loop import control
    from ipagym.control.safety import Safety
    from ipagym.envs.scenarios import make_scenario
    from ipagym.workload.opening import Opening

    task = make_scenario(scenario, workload)
    limit_s = task.interval_s / 2 if decision_limit is None else decision_limit
    safety = Safety(most_change=most_change, cool_down_s=cool_down, decision_limit_s=limit_s)
    if duration is not None:
        task = replace(task, workload=Opening(whole=task.workload, duration_s=duration))
    check_able(task, backend)
    controller = make_agent(agent, task)
    with closing(named_backend(backend).make(task)) as cluster, _stopping() as stopped:
        for step in control(
            controller,
            cluster,
            task,
            safety=safety,
            seed=seed,
            is_shadow=shadow,
            is_over=lambda: bool(stopped),
        ):
            print(line_of(step), flush=True)
            if log is not None:
                with log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(step.as_record()) + "\n")


@contextmanager
def _stopping() -> Iterator[list[int]]:
    """The signals that asked the process to end, within the body, instead of an end at once."""
    received: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, frame: received.append(number)) for number in numbers]
    try:
        yield received
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def line_of(step: "Step") -> str:
    """A window and a decision in one line."""
    window = step.window
    return (
        f"{window.end_s:6.0f} s  {window.arrivals:5d} arrived  p99 {window.latency_quantile_s(0.99):6.3f} s  "
        f"late {100 * window.violation_rate:5.1f} %  accuracy {window.accuracy:.3f}  cores {window.cores:5.1f}  "
        f"{step.decision.configuration}  ({step.decision.reason})"
    )
