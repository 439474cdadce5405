"""Names and labels of what ipagym puts into a namespace."""

import re
from collections.abc import Mapping
from hashlib import sha256

MANAGED_BY, PART_OF = "app.kubernetes.io/managed-by", "app.kubernetes.io/part-of"

NAME, STAGE, VARIANT = "app.kubernetes.io/name", "ipagym/stage", "ipagym/variant"

OURS = "ipagym"

LONGEST = 45
"""Characters of a Deployment's name: a pod's has 17 more, and 63 is the most that a label takes."""


def slug(text: str, longest: int = LONGEST) -> str:
    """The text as Kubernetes takes it for a name: with a hash behind it where it had to be changed."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if plain == text and len(plain) <= longest:
        return plain
    mark = sha256(text.encode()).hexdigest()[:6]
    return f"{plain[: longest - 7].strip('-')}-{mark}".lstrip("-")


def deployment_name(pipeline: str, stage: str, variant: str) -> str:
    """The name of the Deployment of a variant in a stage."""
    return slug(f"ipagym-{pipeline}-{stage}-{variant}")


def labels(pipeline: str, stage: str, variant: str) -> Mapping[str, str]:
    """The labels of a variant's Deployment and pods."""
    return {
        MANAGED_BY: OURS,
        PART_OF: slug(pipeline),
        NAME: deployment_name(pipeline, stage, variant),
        STAGE: slug(stage),
        VARIANT: slug(variant),
    }


def selector(pipeline: str) -> str:
    """What selects everything of a pipeline."""
    return f"{MANAGED_BY}={OURS},{PART_OF}={slug(pipeline)}"
