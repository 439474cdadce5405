"""Controllers of a few lines, as baselines."""
