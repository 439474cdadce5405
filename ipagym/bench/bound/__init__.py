"""A proven upper bound on the reward of any course of configurations."""
