"""Comparisons of agents on the same episodes: runs, statistics, tables and figures."""
