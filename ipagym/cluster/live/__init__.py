"""Live clusters: real processes in real time, behind the same protocol as the simulated ones."""

from ipagym.cluster.live.cluster import LiveCluster
from ipagym.cluster.live.program import Program, rehearsal

__all__ = ["LiveCluster", "Program", "rehearsal"]
