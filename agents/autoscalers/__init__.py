"""Autoscalers in common use."""
