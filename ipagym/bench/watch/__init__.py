"""The progress of a run, read from the files that it writes."""
