"""`ipagym serve`: put an agent in charge of a cluster."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ipagym.cluster.plane.messages import Order
    from ipagym.cluster.protocol import Cluster
    from ipagym.control.endpoint import Endpoint
    from ipagym.control.loop import Step
    from ipagym.model.window import Window
    from ipagym.task.scenario import Scenario


def serve(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    agent: Annotated[str, typer.Option(help="The controller, as for `ipagym compare`.")] = "ipa",
    backend: Annotated[
        str,
        typer.Option(help="local, ray, kubernetes, their rehearsals, or a simulator to try it on."),
    ] = "local",
    workload: Annotated[str | None, typer.Option(help="The load, by name or the path of a file.")] = None,
    duration: Annotated[int | None, typer.Option(help="Only the first seconds of the workload.")] = None,
    arrivals: Annotated[str | None, typer.Option(help="poisson, uniform or gamma:CV, not the scenario's.")] = None,
    seed: Annotated[int, typer.Option(help="Of the load.")] = 0,
    shadow: Annotated[bool, typer.Option("--shadow", help="Only say what the agent would do.")] = False,
    most_change: Annotated[int, typer.Option(help="Replicas that a stage may gain or lose at once.")] = 2,
    cool_down: Annotated[float, typer.Option(help="Seconds without another change of variants after one.")] = 0.0,
    decision_limit: Annotated[
        float | None, typer.Option(help="Seconds for a decision; else the last one stands. Default: half an interval.")
    ] = None,
    drain: Annotated[float, typer.Option(help="Seconds in which requests are still answered at the end.")] = 10.0,
    log: Annotated[
        Path | None, typer.Option(help="A file for decisions and their reasons, a line of JSON each.")
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(help="PORT or HOST:PORT (0: any free one) for /metrics (Prometheus) and /health; on 127.0.0.1."),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(help="A folder for a cluster that outlives a killed controller: the next `serve` adopts it."),
    ] = None,
    orphan_limit: Annotated[
        float, typer.Option(help="Seconds that such a cluster goes on without a controller; then it ends.")
    ] = 60.0,
) -> None:
    """Control a cluster in real time, within safety limits. Ctrl-C or SIGTERM ends it after the window under way: no
    more load is taken, and what is in the system is answered.
    """
    from ipagym.agents import make_agent
    from ipagym.cli.stopping import stopping
    from ipagym.cluster.backends import check_able
    from ipagym.cluster.plane.messages import Order
    from ipagym.control.loop import control, missed
    from ipagym.control.safety import Safety
    from ipagym.envs.scenarios import make_scenario

    task = make_scenario(scenario, workload, arrivals=arrivals).opening(duration)
    limit_s = task.interval_s / 2 if decision_limit is None else decision_limit
    safety = Safety(most_change=most_change, cool_down_s=cool_down, decision_limit_s=limit_s)
    check_able(task, backend)
    controller = make_agent(agent, task)
    order = Order(scenario=task, backend=backend, seed=seed, orphan_limit_s=orphan_limit)
    with _endpoint(metrics, task) as endpoint, stopping() as stopped, _cluster(order, state) as cluster:
        tell = _teller(log, endpoint)
        for step in missed(_overdue(cluster, task)):
            tell(step)
        steps = control(
            controller, cluster, task, safety=safety, seed=seed, is_shadow=shadow, is_over=lambda: bool(stopped)
        )
        for step in steps:
            tell(step)
        _drain(cluster, drain)


def _cluster(order: "Order", state: Path | None) -> "AbstractContextManager[Cluster]":
    """The cluster, reset; with a folder for its state, that of the data plane there.

    Raises:
        InputError: a simulated cluster is to outlive its controller.
    """
    from ipagym.cluster.backends import named_backend
    from ipagym.cluster.plane.client import adopted, runs, started
    from ipagym.system.errors import InputError

    backend = named_backend(order.backend)
    if state is None:
        cluster = backend.make(order.scenario)
        return _reset(cluster, order.seed)
    if not backend.abilities.real_time:
        raise InputError(f"{order.backend} is simulated and ends with its controller: leave --state out")
    if not runs(state):
        return closing(started(state, order))
    plane = adopted(state, order)
    print(f"adopted the cluster in {state}, {plane.elapsed_s:.0f} s old, processes {plane.pids}", flush=True)
    return closing(plane)


@contextmanager
def _reset(cluster: "Cluster", seed: int) -> "Iterator[Cluster]":
    with closing(cluster):
        cluster.reset(seed)
        yield cluster


def _overdue(cluster: "Cluster", task: "Scenario") -> "Iterator[Window]":
    from ipagym.cluster.plane.client import PlaneCluster

    return cluster.overdue(task.interval_s) if isinstance(cluster, PlaneCluster) else iter(())


def _drain(cluster: "Cluster", limit_s: float) -> None:
    from ipagym.cluster.protocol import Drainable

    if isinstance(cluster, Drainable):
        window = cluster.drain(limit_s)
        print(f"{window.end_s:6.0f} s  drained: {window.completed} answered, {window.in_system} left", flush=True)


def _endpoint(address: str | None, task: "Scenario") -> "AbstractContextManager[Endpoint | None]":
    return nullcontext() if address is None else _served(address, task)


@contextmanager
def _served(address: str, task: "Scenario") -> "Iterator[Endpoint]":
    from ipagym.control.endpoint import Endpoint, served
    from ipagym.system.errors import InputError

    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        raise InputError(f"--metrics takes PORT or HOST:PORT, not {address}")
    endpoint = Endpoint(task.pipeline, task.interval_s)
    with served(endpoint, host or "127.0.0.1", int(port)) as chosen:
        print(f"http://{host or '127.0.0.1'}:{chosen}/metrics and /health", flush=True)
        yield endpoint


def _teller(log: Path | None, endpoint: "Endpoint | None") -> "Callable[[Step], None]":
    """What is done with every step: it is logged, told to whoever scrapes, and printed."""

    def tell(step: "Step") -> None:
        if log is not None:
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(step.as_record()) + "\n")
        if endpoint is not None:
            endpoint.see(step)
        print(line_of(step), flush=True)

    return tell


def line_of(step: "Step") -> str:
    """A window and a decision in one line."""
    window = step.window
    return (
        f"{window.end_s:6.0f} s  {window.arrivals:5d} arrived  p99 {window.latency_quantile_s(0.99):6.3f} s  "
        f"late {100 * window.violation_rate:5.1f} %  accuracy {window.accuracy:.3f}  cores {window.cores:5.1f}  "
        f"{step.decision.configuration}  ({step.decision.reason})"
    )
