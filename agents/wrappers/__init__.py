"""Agents around agents: pinned knobs, a load told in advance."""
