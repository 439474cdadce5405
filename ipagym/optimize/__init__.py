"""The optimisation problem of the IPA paper: its statement, its integer program and its exhaustive search."""
