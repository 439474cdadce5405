"""Leaderboards: suites of tasks that all agents run on, their statistics, and entries that others can check."""
