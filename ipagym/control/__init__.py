"""An agent in charge of a cluster: limits on what it may do, and what stands in where it fails."""
