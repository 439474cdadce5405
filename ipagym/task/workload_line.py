"""The load of a comparison in a line, for whoever reads its figures."""

from ipagym.task.scenario import Scenario
from ipagym.workload.origin import origin_of


def workload_line(scenario: Scenario) -> str:
    """The name of the load, where it comes from, and how its rates became requests."""
    load = scenario.workload
    return f"{load.name}, {origin_of(load)}; {scenario.physics.arrivals} arrivals"
