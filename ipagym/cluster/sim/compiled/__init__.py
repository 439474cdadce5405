"""The compiled engine: the physics of `ipagym.cluster.sim` over arrays, compiled by numba."""

from ipagym.cluster.sim.compiled.population import Population
from ipagym.cluster.sim.compiled.simulator import CompiledCluster, window_of

__all__ = ["CompiledCluster", "Population", "window_of"]
