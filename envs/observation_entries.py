"""The entries of an observation: source and scale of each, and when it can vary."""

from collections.abc import Callable
from dataclasses import dataclass

from ipagym.model.knobs import CORES
from ipagym.model.pipeline import Stage
from ipagym.task.scenario import Scenario

RATE = "log(1 + x) / log(1 + C)"
COUNT = "log(1 + x) / log(1001)"
RATIO = "x / (x + SLO)"
SHARE = "x"
BUDGET = "x, −1..1"
REPLICAS = "x / most replicas"


def _always(scenario: Scenario, stage: Stage) -> bool:
    return True


def _has_seconds(scenario: Scenario, stage: Stage) -> bool:
    """True if a window has several seconds, so that rates can differ within it."""
    return scenario.interval_s >= 2


def _has_network(scenario: Scenario, stage: Stage) -> bool:
    return scenario.network is not None


def _has_nodes(scenario: Scenario, stage: Stage) -> bool:
    return scenario.limits.node_cores is not None


def _has_variants(scenario: Scenario, stage: Stage) -> bool:
    return len(stage.variants) > 1


def _starts_replicas(scenario: Scenario, stage: Stage) -> bool:
    """True if a decision can start replicas: additional ones, other variants, or a restart with other cores."""
    by_cores = CORES.is_open(stage, scenario.limits) and scenario.physics.resize_s is None
    return scenario.limits.max_replicas > 1 or len(stage.variants) > 1 or by_cores


def _starts_slowly(scenario: Scenario, stage: Stage) -> bool:
    """True if a model can still be loading at the end of the interval in which it was requested."""
    slowest_s = max(variant.load_s for variant in stage.variants)
    return _starts_replicas(scenario, stage) and slowest_s >= scenario.interval_s


def _has_capacities(scenario: Scenario, stage: Stage) -> bool:
    return _starts_replicas(scenario, stage) or len(stage.batches) > 1 or CORES.is_open(stage, scenario.limits)


Varies = Callable[[Scenario, Stage], bool]

LEFT_OUT: dict[Varies, str] = {
    _always: "",
    _has_seconds: "a window is shorter than 2 s",
    _has_network: "there is no network",
    _has_nodes: "there are no nodes",
    _has_variants: "there is one variant",
    _starts_replicas: "no decision starts replicas",
    _starts_slowly: "models load within the interval",
    _has_capacities: "no knob is open",
}
"""When an entry is left out, by the function that says whether it varies."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: its name, the unit of its figure x, its scale, and its source. `varies` says whether it can vary in a
    scenario, for a stage; an entry of the whole pipeline varies if it varies for any stage.
    """

    name: str
    unit: str
    scale: str
    source: str
    varies: Varies = _always

    @property
    def without(self) -> str:
        """When it is left out because it cannot vary."""
        return LEFT_OUT[self.varies]


PIPELINE_ENTRIES = (
    Entry("rate", "requests/s", RATE, "arrivals of the window"),
    Entry("rate_peak", "requests/s", RATE, "arrivals of its busiest second", _has_seconds),
    Entry("rate_first_half", "requests/s", RATE, "arrivals of its first half", _has_seconds),
    Entry("rate_second_half", "requests/s", RATE, "arrivals of its second half", _has_seconds),
    Entry("in_system", "requests", COUNT, "requests in the pipeline at its end"),
    Entry("latency_p50", "s", RATIO, "median latency of what was completed"),
    Entry("latency_p99", "s", RATIO, "99th percentile of that latency"),
    Entry("violation_rate", "share", SHARE, "requests late or dropped, of those that arrived"),
    Entry("cores", "cores", "x / most cores", "cores held, mean of the window"),
    Entry("accuracy", "share", SHARE, "PAS of what was completed", _has_variants),
    Entry("network_max", "s", RATIO, "longest way of a request to the cluster", _has_network),
    Entry("budget_min", "share", BUDGET, "least share of the SLO that a request had left", _has_network),
    Entry("budget_mean", "share", BUDGET, "mean of that", _has_network),
    Entry("budget_max", "share", BUDGET, "most of that", _has_network),
)
"""Entries of the whole pipeline; they come first."""

STAGE_ENTRIES = (
    Entry("accuracy", "share", SHARE, "accuracy of the variants asked for, by their weights", _has_variants),
    Entry("queue", "requests", COUNT, "requests that wait at the window's end"),
    Entry("utilisation", "share", SHARE, "busy time over ready time of all replicas"),
    Entry("ready", "replicas", REPLICAS, "replicas that serve", _starts_replicas),
    Entry("starting", "replicas", REPLICAS, "replicas that load their model", _starts_slowly),
    Entry("pending", "replicas", REPLICAS, "replicas that no node has room for", _has_nodes),
    Entry(
        "capacity", "requests/s", RATE, "what the configuration asked for can serve, by p99 latencies", _has_capacities
    ),
)
"""Entries of each stage; they follow those of its open knobs."""


def varying(scenario: Scenario, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names whose entries can vary in the scenario without faults; knobs always can."""
    dead = {entry.name for entry in PIPELINE_ENTRIES
            if not any(entry.varies(scenario, stage) for stage in scenario.pipeline.stages)}  # fmt: skip
    dead |= {f"{stage.name}.{entry.name}" for stage in scenario.pipeline.stages for entry in STAGE_ENTRIES
             if not entry.varies(scenario, stage)}  # fmt: skip
    return tuple(name for name in names if name not in dead)
