"""The same queue in Ciw, a queueing simulator in pure Python (optional)."""

from dataclasses import dataclass
from importlib.util import find_spec
from time import perf_counter

from ipagym.speed.models import Model


@dataclass(frozen=True, slots=True)
class Run:
    """What Ciw did: requests completed, wall seconds of the simulation, their mean latency in seconds."""

    requests: int
    seconds: float
    mean_latency_s: float


def is_installed() -> bool:
    """Whether Ciw can be imported."""
    return find_spec("ciw") is not None


def run(model: Model, *, duration_s: int, seed: int) -> Run:
    """Simulate `duration_s` seconds of a plain queue with constant service; its records are read after the clock."""
    import ciw

    assert model.is_plain_queue, f"{model.name} is no plain queue"
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=model.rate_rps)],
        service_distributions=[ciw.dists.Deterministic(value=model.latency.average(1))],
        number_of_servers=[model.replicas],
    )
    ciw.seed(seed)
    start_s = perf_counter()
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(duration_s)
    took_s = perf_counter() - start_s
    latencies_s = [record.exit_date - record.arrival_date for record in simulation.get_all_records(only=["service"])]
    return Run(len(latencies_s), took_s, sum(latencies_s) / max(1, len(latencies_s)))
