"""Measuring a live pipeline: service and start times of its replicas, and what accuracy says of single stages."""
