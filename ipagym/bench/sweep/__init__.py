"""Comparisons that differ in settings of the scenario: their grid, their folder, their table."""
