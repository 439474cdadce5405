"""Exact results of queueing theory, computed from their formulas."""
