"""Replicas as pods of a Kubernetes cluster, which serve by the open inference protocol (V2).

Queues, batches, drops and the load are those of `ipagym.cluster.live`: its dispatcher is the router.
"""
