"""Figures for a paper from folders of results, each by its name."""
