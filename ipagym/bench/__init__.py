"""Running agents on a cluster, and reporting what they achieved."""
