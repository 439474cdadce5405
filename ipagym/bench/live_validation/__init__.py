"""How well the simulator predicts a live cluster: calibration on one run, signed errors on others."""
