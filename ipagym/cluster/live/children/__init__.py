"""What runs in processes of its own: replicas and the load generator.

These modules import the standard library and each other, a model also numpy and onnxruntime; nothing above this folder.
"""
