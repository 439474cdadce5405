"""What a learner sees and does beside plain observations and knobs, over arrays of n rows.

The same code serves wrappers of vector environments (a row each), wrappers of single ones, and agents (one row).
"""
