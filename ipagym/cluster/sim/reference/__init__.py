"""The reference engine: the physics as processes of SimPy, written to be read."""
