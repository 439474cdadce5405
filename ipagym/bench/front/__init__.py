"""Results of agents under several weights of the objective: Pareto fronts, hypervolumes and their figure."""
