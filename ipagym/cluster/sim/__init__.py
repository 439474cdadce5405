"""Simulated clusters, request by request: one engine to be read, one to be run."""

from ipagym.cluster.sim.compiled import CompiledCluster
from ipagym.cluster.sim.engine import Engine
from ipagym.cluster.sim.reference.simulator import SimpyCluster

ENGINES: dict[str, Engine] = {"compiled": CompiledCluster, "simpy": SimpyCluster}
"""The engines by name; the first is the default."""

__all__ = ["ENGINES", "CompiledCluster", "Engine", "SimpyCluster"]
