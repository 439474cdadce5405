"""Richer observations and actions for learners, over arrays of n rows.

The same code serves wrappers of vector environments (a row per environment), of single environments, and agents (one
row).
"""
