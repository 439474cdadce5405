"""Measuring a live pipeline: times of its replicas, accuracies end to end, and what these say of single stages."""
