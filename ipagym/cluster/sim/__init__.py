"""Simulated clusters, request by request."""

from ipagym.cluster.sim.simulator import SimpyCluster

__all__ = ["SimpyCluster"]
