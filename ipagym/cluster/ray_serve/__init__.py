"""Replicas on Ray Serve: an application of one deployment for each, behind the same dispatcher as processes.

Queues, batches, drops and the choice of the replica are the dispatcher's. Ray's router has one replica to choose from
and never more than one batch to hold. Ray itself is imported when a cluster is opened.
"""
