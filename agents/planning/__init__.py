"""Controllers that search: the joint program, model predictive control, and the clairvoyant, which knows the future."""
