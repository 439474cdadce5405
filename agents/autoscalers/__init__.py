"""Autoscalers that people run."""
