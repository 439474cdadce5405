"""Validation of the simulator against a live cluster: calibration on one run, signed errors on others."""
