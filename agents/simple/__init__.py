"""Controllers of a few lines: the floor under every other."""
