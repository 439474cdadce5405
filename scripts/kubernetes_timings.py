"""How long changes take on Kubernetes, and what they cost in requests.

Usage: python scripts/kubernetes_timings.py [REPEATS]

Prints medians and the longest of so many repeats (5) for pods that sleep as long as a small profile says, under 40
requests per second, on the cluster of the kubeconfig. A change is over in the window of 50 ms in which all replicas
asked for serve and no other does.
"""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing

from ipagym.cluster.backends import live_cluster
from ipagym.cluster.contract import Subject, small_scenario
from ipagym.cluster.live import LiveCluster
from ipagym.model.configuration import Configuration, requested_cores
from ipagym.model.window import Window

LOOK_S = 0.05
LIMIT_S = 30.0

SUBJECT = Subject(make=lambda scenario: live_cluster("kubernetes-rehearsal", scenario), scenario=small_scenario())

CHANGES: dict[str, Configuration] = {
    "replicas 1 to 2": SUBJECT.changed(replicas=2),
    "replicas 2 to 1": SUBJECT.changed(),
    "another variant": SUBJECT.changed(variant=SUBJECT.other_variant()),
    "variant back": SUBJECT.changed(),
    "cores 1 to 2": SUBJECT.changed(cores=2),
    "batch 1 to 4": SUBJECT.changed(cores=2, batch=4),
}


def changed(cluster: LiveCluster, wanted: Configuration) -> tuple[float, int]:
    """Seconds until the configuration is what serves, and requests that were dropped meanwhile."""
    begun_s = time.monotonic()
    cluster.apply(wanted)
    windows: list[Window] = []
    while not windows or not is_done(windows[-1], wanted, cluster):
        windows.append(cluster.advance(LOOK_S))
        if time.monotonic() - begun_s > LIMIT_S:
            raise SystemExit(f"{wanted} was not so within {LIMIT_S:g} s")
    took_s = time.monotonic() - begun_s
    windows += [cluster.advance(LOOK_S) for _ in range(20)]
    return took_s, sum(window.dropped for window in windows)


def is_done(window: Window, wanted: Configuration, cluster: LiveCluster) -> bool:
    """Everything asked for serves, and nothing else."""
    counts = [(stage.ready, stage.starting, stage.draining) for stage in window.stages]
    asked = [(each.replicas, 0, 0) for each in wanted.first_deployments]
    return counts == asked and abs(cluster_cores(cluster) - requested_cores(wanted, cluster.pipeline)) < 1e-9


def cluster_cores(cluster: LiveCluster) -> int:
    """Cores that replicas have now."""
    fleets = [station.fleet for stage in cluster.serving.stages for station in stage.stations]
    return sum(each.cores for fleet in fleets for each in fleet.replicas)


def timed(call: Callable[[], None]) -> float:
    """Seconds that a call takes."""
    begun_s = time.monotonic()
    call()
    return time.monotonic() - begun_s


def episode(found: dict[str, list[float]]) -> int:
    """One episode with every change; the requests that were lost in it."""
    lost = 0
    cluster = SUBJECT.make(SUBJECT.scenario)
    assert isinstance(cluster, LiveCluster)
    with closing(cluster):
        found.setdefault("create to ready, 2 pods", []).append(timed(lambda: cluster.reset(1)))
        for name, wanted in CHANGES.items():
            took_s, dropped = changed(cluster, wanted)
            found.setdefault(name, []).append(took_s)
            lost += dropped
        window = cluster.drain(10.0)
        lost += window.dropped + window.in_system
        found.setdefault("close", []).append(timed(cluster.close))
    return lost


def main() -> None:
    """Measure and print a table in Markdown."""
    found: dict[str, list[float]] = {}
    lost = sum(episode(found) for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
    print("| change | median s | longest s |\n|---|---|---|")
    for name, times in found.items():
        print(f"| {name} | {statistics.median(times):.2f} | {max(times):.2f} |")
    print(f"\n{lost} requests lost")


if __name__ == "__main__":
    main()
