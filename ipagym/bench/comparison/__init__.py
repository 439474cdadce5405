"""Agents side by side on the same episodes: runs, statistics, tables and pictures."""
