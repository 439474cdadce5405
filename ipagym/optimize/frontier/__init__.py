"""IPA's problem by dynamic programming over Pareto frontiers: exact, and faster than integer programs."""
