"""InfAdapter's problem: cores for a set of variants within a budget."""
