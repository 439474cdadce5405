"""Loads: generators, traces, and how rates become arrivals."""

from ipagym.workload.catalogue import WORKLOADS, by_name, find_trace, unused_trace
from ipagym.workload.protocol import Workload

__all__ = ["WORKLOADS", "Workload", "by_name", "find_trace", "unused_trace"]
