"""The same queue in Ciw, a queueing simulator in pure Python (optional)."""

from dataclasses import dataclass
from importlib.util import find_spec
from time import perf_counter
from typing import Literal

from ipagym.bench.engine_speed.models import Model

Service = Literal["constant", "exponential"]


@dataclass(frozen=True, slots=True)
class Run:
    """The result of Ciw: requests completed, wall seconds of the simulation, their mean latency in seconds."""

    requests: int
    seconds: float
    mean_latency_s: float


def is_installed() -> bool:
    """True where Ciw can be imported."""
    return find_spec("ciw") is not None


def run(model: Model, *, duration_s: int, seed: int, service: Service = "constant") -> Run:
    """Simulate `duration_s` seconds of a plain queue; what Ciw wrote down of each request is read after the clock.

    Exponential service has the model's mean: not the same model, but the one that Ciw is usually shown with.
    """
    import ciw

    assert model.is_plain_queue, f"{model.name} is no plain queue"
    mean_s = model.latency.average(1)
    distributions = {
        "constant": ciw.dists.Deterministic(value=mean_s),
        "exponential": ciw.dists.Exponential(rate=1 / mean_s),
    }
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=model.rate_rps)],
        service_distributions=[distributions[service]],
        number_of_servers=[model.replicas],
    )
    ciw.seed(seed)
    start_s = perf_counter()
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(duration_s)
    took_s = perf_counter() - start_s
    latencies_s = [record.exit_date - record.arrival_date for record in simulation.get_all_records(only=["service"])]
    return Run(len(latencies_s), took_s, sum(latencies_s) / max(1, len(latencies_s)))
