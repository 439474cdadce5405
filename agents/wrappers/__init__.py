"""Agents that wrap agents: pinned knobs, a load known in advance, a tuned forecast."""
