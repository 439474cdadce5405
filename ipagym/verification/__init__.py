"""Checks of the simulator: queueing theory, laws of every path, metamorphic relations, effects of decisions.

Import names from the modules; `ipagym.verification.run` runs everything.
"""
