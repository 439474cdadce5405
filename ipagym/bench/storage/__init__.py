"""Results in a folder: stored episodes, their manifest, and which code made them."""
