"""The compiled engine: the physics of `ipagym.cluster.sim` over arrays, compiled by numba."""

from ipagym.cluster.sim.compiled.cluster import CompiledCluster, window_of
from ipagym.cluster.sim.compiled.population import Population

__all__ = ["CompiledCluster", "Population", "window_of"]
