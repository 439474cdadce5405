"""Serving clusters: the `Cluster` protocol and the backends that keep it."""

from ipagym.cluster.protocol import Cluster, Simulator

__all__ = ["Cluster", "Simulator"]
