"""The report of comparisons: one HTML file that a browser opens without a network."""
