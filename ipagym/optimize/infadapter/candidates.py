"""What InfAdapter's program sees of a stage and its limits, and the plan that a solution stands for."""

from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting
from ipagym.model.pipeline import Stage, Variant
from ipagym.optimize.infadapter.planned_capacity import planned_rps
from ipagym.optimize.infadapter.program import Candidate, InfAdapterSolution
from ipagym.system.errors import InputError

LEAST_CORES = 2


def plan_of(solution: InfAdapterSolution, stage: Stage) -> Configuration:
    """The configuration that a solution stands for: a replica of each variant, routed by its share."""
    batch = stage.batches[0]
    running = (Deployment(name, 1, batch, cores, solution.share[name]) for name, cores in solution.cores.items())
    return Configuration((StageSetting(tuple(running)),))


def budget_of(limits: Limits) -> int:
    """The cores that are shared out.

    Raises:
        InputError: the limits name none.
    """
    if limits.total_cores is not None:
        return limits.total_cores
    raise InputError("infadapter needs a budget: give max_cores or node_cores in the limits")


def candidate_of(variant: Variant) -> Candidate:
    """The variant with the capacity that is planned with on each number of cores.

    Raises:
        InputError: it was measured on one core only.
    """
    measured = {cores: variant.latency_on(cores).throughput_rps(1) for cores in variant.core_choices}
    planned = {cores: float(planned_rps(measured, cores)) for cores in variant.core_choices if cores >= LEAST_CORES}
    if not planned:
        raise InputError(f"infadapter needs {variant.name} measured on {LEAST_CORES} or more cores")
    return Candidate(name=variant.name, accuracy=variant.accuracy, load_s=variant.load_s, capacity_rps=planned)
