"""A pipeline of real models that is built in seconds: find a digit in a noisy scene, then read it.

The models are fitted on the digits that scikit-learn brings along (UCI's optical recognition of handwritten digits),
run by onnxruntime, and measured on digits that they were not fitted on.
"""
