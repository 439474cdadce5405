"""Simulated clusters, request by request: one engine to be read, one to be run."""

from ipagym.cluster.sim.compiled import CompiledCluster
from ipagym.cluster.sim.simulator import SimpyCluster

__all__ = ["CompiledCluster", "SimpyCluster"]
