"""What a controller tells Prometheus of the cluster and of itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ipagym.control.loop import Step
from ipagym.model.pipeline import Pipeline

BUCKETS = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 5.0)
"""Upper bounds of the latency histogram, in SLOs."""


class Metrics:
    """Counters and gauges, renewed with every window."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._names = [stage.name for stage in pipeline.stages]
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "ipagym_requests", "Requests by what became of them.", ["outcome"], registry=self.registry
        )
        self._latency = Histogram(
            "ipagym_latency_seconds",
            "From sending to the answer.",
            buckets=[pipeline.slo_s * share for share in BUCKETS],
            registry=self.registry,
        )
        self._cluster = {name: self._gauge(name, text) for name, text in CLUSTER.items()}
        self._stage = {name: self._gauge(f"stage_{name}", text, "stage") for name, text in STAGE.items()}
        self._decisions = Counter(
            "ipagym_decisions", "Decisions by what became of them.", ["kind"], registry=self.registry
        )
        self._decision_s = self._gauge("decision_seconds", "Time that the last decision took.")

    def see(self, step: Step) -> None:
        """Take a window and its decision in."""
        window = step.window
        counts = {
            "arrived": window.arrivals,
            "completed": window.completed,
            "dropped": window.dropped,
            "late_or_dropped": window.violations,
        }
        for outcome, count in counts.items():
            self._requests.labels(outcome).inc(count)
        for latency_s in window.latency_s.tolist():
            self._latency.observe(latency_s)
        for name, gauge in self._cluster.items():
            gauge.set(getattr(window, name))
        for stage, counted in zip(self._names, window.stages, strict=True):
            for name, gauge in self._stage.items():
                gauge.labels(stage).set(getattr(counted, name))
        self._decisions.labels(step.decision.kind).inc()
        self._decision_s.set(step.decision.decided_s)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"ipagym_{name}", text, labels, registry=self.registry)


CLUSTER = {
    "cores": "Cores held.",
    "accuracy": "Accuracy of what was answered in the last window.",
    "in_system": "Requests that have arrived and are neither answered nor dropped.",
}

STAGE = {
    "queue": "Requests that wait.",
    "ready": "Replicas that can serve.",
    "starting": "Replicas that load their model.",
    "utilisation": "Share of the ready replicas' time that they served in the last window.",
}
