"""The same models in Ciw, a queueing simulator by others (optional), measured in the same way."""

from collections import defaultdict
from importlib.util import find_spec
from math import log1p, sqrt
from typing import Any

import numpy as np

from ipagym.cluster.sim.log import RequestLog
from ipagym.cluster.sim.request import Outcome
from ipagym.model.window import StageWindow, Window
from ipagym.task.scenario import Scenario
from ipagym.verification.model import Model
from ipagym.verification.observed import Observed, measured_part

KNOWN_PHYSICS = {"service", "arrivals", "drop"}


def is_installed() -> bool:
    """True where Ciw can be imported."""
    return find_spec("ciw") is not None


def knows(model: Model) -> bool:
    """True where Ciw has what the model needs; it records no request before its end, hence nothing of an overload."""
    singly = all(station.batch == 1 for station in model.stations)
    return singly and set(model.physics) <= KNOWN_PHYSICS and model.family != "L"


def observe(model: Model, seed: int, seconds: int) -> Observed:
    """A run of the model in Ciw."""
    import ciw

    scenario = model.scenario(seconds)
    ciw.seed(seed)
    simulation = ciw.Simulation(_network(model, scenario))
    simulation.simulate_until_max_time(seconds)
    requests = defaultdict(list)
    for record in simulation.get_all_records():
        requests[record.id_number].append(record)
    log = _log(sorted(requests.values(), key=lambda records: records[0].arrival_date), model)
    return Observed(log, measured_part(log, seconds), _window(log, scenario), float(seconds))


def _network(model: Model, scenario: Scenario) -> Any:
    import ciw

    drop, stations = scenario.physics.drop, model.stations
    rate = float(scenario.workload.rates_rps(np.random.default_rng())[0])
    options: dict[str, Any] = {}
    if drop.max_queue is not None:
        options["queue_capacities"] = [drop.max_queue]
    if drop.max_age_s is not None:
        options["reneging_time_distributions"] = [ciw.dists.Deterministic(value=drop.max_age_s)]
    following = len(stations) - 1
    return ciw.create_network(
        arrival_distributions=[_distribution(_gaps(scenario), 1 / rate), *[None] * following],
        service_distributions=[_distribution(scenario.physics.service, station.service_s[1]) for station in stations],
        number_of_servers=[station.servers for station in stations],
        routing=[[float(to == at + 1) for to in range(len(stations))] for at in range(len(stations))],
        **options,
    )


def _gaps(scenario: Scenario) -> str:
    return "exponential" if scenario.physics.arrivals == "poisson" else scenario.physics.arrivals


def _distribution(rule: str, mean_s: float) -> Any:
    from ciw import dists

    family, _, text = rule.partition(":")
    if family == "gamma":
        shape = float(text) ** -2
        return dists.Gamma(shape=shape, scale=mean_s / shape)
    if family == "lognormal":
        variance = log1p(float(text) ** 2)
        return dists.Lognormal(mean=np.log(mean_s) - variance / 2, sd=sqrt(variance))
    return dists.Deterministic(value=mean_s) if family == "constant" else dists.Exponential(rate=1 / mean_s)


def _log(requests: list[list[Any]], model: Model) -> RequestLog:
    stages, number = len(model.stations), len(requests)
    times = {name: np.full((number, stages), np.nan) for name in ("enqueued_s", "started_s", "finished_s")}
    end_s, outcome = np.full(number, np.inf), np.zeros(number, np.int64)
    for index, records in enumerate(requests):
        for record in records:
            at = index, record.node - 1
            if record.record_type == "service":
                times["enqueued_s"][at] = record.arrival_date
                times["started_s"][at] = record.service_start_date
                times["finished_s"][at] = record.service_end_date
            else:
                end_s[index], outcome[index] = record.exit_date, Outcome.DROPPED
        if not np.isnan(finished := times["finished_s"][index, -1]):
            end_s[index], outcome[index] = finished, Outcome.COMPLETED
    arrival_s = np.array([records[0].arrival_date for records in requests], dtype=np.float64)
    batch = (~np.isnan(times["started_s"])).astype(np.int64)
    deadline_s = arrival_s + model.slo_s
    known = {"sent_s": arrival_s, "arrival_s": arrival_s, "deadline_s": deadline_s, "end_s": end_s}
    return RequestLog(outcome=outcome, batch=batch, **known, **times)


def _window(log: RequestLog, scenario: Scenario) -> Window:
    """The run as one window; what no measure asks for is left at 0. Requests not yet ended have no record."""
    seconds = float(scenario.workload.duration_s)
    busy_s = np.nansum(log.finished_s - log.started_s, axis=0)
    servers = [each.replicas for each in scenario.initial.first_deployments]
    late = log.completed & (log.end_s > log.deadline_s)
    return Window(
        start_s=0.0,
        end_s=seconds,
        arrivals=len(log),
        completed=int(log.completed.sum()),
        dropped=int(log.dropped.sum()),
        violations=int(log.dropped.sum() + late.sum()),
        in_system=0,
        arrivals_per_s=np.zeros(1, np.int64),
        latency_s=log.latency_s[log.completed],
        cores=0.0,
        accuracy=1.0,
        energy_j=0.0,
        stages=tuple(
            StageWindow(queue=0, arrivals=0, dropped=0, utilisation=float(busy / (seconds * number)),
                        ready=number, starting=0, pending=0, draining=0)
            for busy, number in zip(busy_s, servers, strict=True)
        ),
        configuration=scenario.initial,
    )  # fmt: skip
