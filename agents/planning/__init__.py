"""Controllers that search: the joint program, model predictive control, and the one that knows the future."""
