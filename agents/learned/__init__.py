"""Controllers that learn, and their training."""
