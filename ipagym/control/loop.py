"""A control loop: windows in, safe decisions out, each told with its reason."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ipagym.cluster.protocol import Cluster
from ipagym.control.guard import Decision, Guard
from ipagym.control.safety import Safety
from ipagym.model.agent import Agent
from ipagym.model.window import Window
from ipagym.random.streams import Streams
from ipagym.task.scenario import Scenario
from ipagym.task.telemetry import Feed

NOBODY = "no controller was there"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A window, and what was decided after it; `is_applied` is false in a rehearsal that only says what it would do."""

    window: Window
    decision: Decision
    is_applied: bool

    def as_record(self) -> dict[str, Any]:
        """Plain values, for a log."""
        window, decision = self.window, self.decision
        return {
            "time_s": window.end_s,
            "arrivals": window.arrivals,
            "completed": window.completed,
            "dropped": window.dropped,
            "violations": window.violations,
            "latency_p99_s": window.latency_quantile_s(0.99),
            "cores": window.cores,
            "accuracy": window.accuracy,
            "running": str(window.configuration),
            "wanted": None if decision.wanted is None else str(decision.wanted),
            "asked": str(decision.configuration),
            "applied": self.is_applied,
            "kind": decision.kind,
            "reason": decision.reason,
        }


def missed(windows: Iterable[Window]) -> Iterator[Step]:
    """Windows during which no controller was there, as steps."""
    for window in windows:
        yield Step(window=window, decision=Decision("missed", window.configuration, NOBODY), is_applied=False)


def control(
    agent: Agent,
    cluster: Cluster,
    scenario: Scenario,
    *,
    safety: Safety,
    seed: int = 0,
    is_shadow: bool = False,
    is_over: Callable[[], bool] = lambda: False,
) -> Iterator[Step]:
    """The agent controls a cluster that was reset, to the end of the scenario; with `is_shadow` it changes nothing.

    The seed is the agent's. Ends early, after the window under way, when `is_over` says so. The cluster is not closed.
    """
    agent.reset(scenario.pipeline, scenario.limits, Streams.spawn(seed).agent)
    feed = Feed(scenario.telemetry, scenario.interval_s, seed)
    guard = Guard(agent, scenario.pipeline, scenario.limits, safety)
    for _ in range(round(cluster.now / scenario.interval_s), scenario.windows):
        window = cluster.advance(scenario.interval_s)
        decision = guard.decide(feed.see(window))
        if not is_shadow:
            cluster.apply(decision.configuration)
        yield Step(window=window, decision=decision, is_applied=not is_shadow)
        if is_over():
            return
