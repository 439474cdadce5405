"""Running agents on a cluster, and reporting their results."""
