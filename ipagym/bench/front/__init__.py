"""What agents reach under several weights of the objective: Pareto fronts, hypervolumes and their picture."""
