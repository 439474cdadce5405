"""A data plane: the process that keeps a live cluster serving while controllers come and go.

A controller that is killed leaves its cluster as it was; the next one finds it by the folder of the plane and goes on.
"""
