"""What a user sets of a Kubernetes cluster, by the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

NAMESPACE, CONTEXT, IMAGE = "IPAGYM_KUBERNETES_NAMESPACE", "IPAGYM_KUBERNETES_CONTEXT", "IPAGYM_KUBERNETES_IMAGE"

DEFAULT_IMAGE = "ipagym:latest"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The context of the kubeconfig and the namespace, None where those in force are meant; and the image of pods."""

    context: str | None = None
    namespace: str | None = None
    image: str = DEFAULT_IMAGE


def settings_of(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that variables ask for."""
    return Settings(
        context=environment.get(CONTEXT) or None,
        namespace=environment.get(NAMESPACE) or None,
        image=environment.get(IMAGE) or DEFAULT_IMAGE,
    )
