"""Ordinary Gymnasium wrappers that give an environment another action or observation, of one or of many at once."""

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

__all__ = [
    "BoxAction",
    "DictObservation",
    "FlatAction",
    "GraphObservation",
    "ShareAction",
    "StepAction",
    "VectorBoxAction",
    "VectorDictObservation",
    "VectorFlatAction",
    "VectorShareAction",
    "VectorStepAction",
]
