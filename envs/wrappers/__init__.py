"""Gymnasium wrappers with other actions or observations, for single and vector environments."""

from ipagym.envs.wrappers.actions import (
    BoxAction,
    FlatAction,
    ShareAction,
    StepAction,
    VectorBoxAction,
    VectorFlatAction,
    VectorShareAction,
    VectorStepAction,
)
from ipagym.envs.wrappers.observations import DictObservation, GraphObservation, VectorDictObservation
from ipagym.envs.wrappers.views import (
    LearnerView,
    PlanAction,
    RichObservation,
    VectorLearnerView,
    VectorPlanAction,
    VectorRichObservation,
)

__all__ = [
    "BoxAction",
    "DictObservation",
    "FlatAction",
    "GraphObservation",
    "LearnerView",
    "PlanAction",
    "RichObservation",
    "ShareAction",
    "StepAction",
    "VectorBoxAction",
    "VectorDictObservation",
    "VectorFlatAction",
    "VectorLearnerView",
    "VectorPlanAction",
    "VectorRichObservation",
    "VectorShareAction",
    "VectorStepAction",
]
