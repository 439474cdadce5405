"""The load of a comparison in one line, shown with its figures."""

from ipagym.task.scenario import Scenario
from ipagym.workload.origin import origin_of


def workload_line(scenario: Scenario) -> str:
    """The name of the load, its origin, and the rule that turned its rates into requests."""
    load = scenario.workload
    return f"{load.name}, {origin_of(load)}; {scenario.physics.arrivals} arrivals"
