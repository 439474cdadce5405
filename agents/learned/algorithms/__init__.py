"""The algorithms of `ipagym train`, one module each."""
