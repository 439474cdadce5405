"""Manifests of autoscalers, as `kubectl` applies them: HPA, VPA, KEDA and Knative."""
