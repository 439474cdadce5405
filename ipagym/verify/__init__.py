"""Whether the simulator tells the truth: queueing theory, laws of every path, couplings, effects of decisions.

Import names from the modules; `ipagym.verify.run` runs everything.
"""
