"""The variants of a stage as InfAdapter's program sees them, and the budget that it plans with."""

from ipagym.model.configuration import Limits
from ipagym.model.pipeline import Variant
from ipagym.optimize.infadapter.planned_capacity import planned_rps
from ipagym.optimize.infadapter.program import Candidate
from ipagym.system.errors import InputError

LEAST_CORES = 2


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
