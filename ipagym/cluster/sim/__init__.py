"""Simulated clusters, request by request: one engine to be read, one to be run."""

from collections.abc import Callable
from typing import Any

from ipagym.cluster.sim.compiled import CompiledCluster
from ipagym.cluster.sim.reference.simulator import SimpyCluster

ENGINES: dict[str, Callable[..., Any]] = {"compiled": CompiledCluster, "simpy": SimpyCluster}
"""The engines by name; the first is the default."""

__all__ = ["ENGINES", "CompiledCluster", "SimpyCluster"]
