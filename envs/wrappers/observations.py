"""Observations by stage: as a dictionary, or as a graph of the pipeline."""

from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, Graph, GraphInstance
from gymnasium.vector import VectorEnv, VectorObservationWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

if TYPE_CHECKING:
    OfVector = VectorObservationWrapper[Any, Any, Any, Any]
else:
    OfVector = VectorObservationWrapper  # the class is not generic before Gymnasium 1.3

PIPELINE = "pipeline"
"""The key of the entries of the whole pipeline."""

Columns = dict[str, NDArray[np.int64]]


class DictObservation(gymnasium.ObservationWrapper[Any, Any, Any]):
    """A dictionary with the entries of the whole pipeline under `pipeline`, and those of each stage under its name.

    `entry_names` names the entries under each key.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        names = env.get_wrapper_attr("observation_names")
        self._columns = _by_stage(names)
        self.entry_names = _names(names, self._columns)
        self.observation_space = _space(env.observation_space, self._columns)

    def observation(self, observation: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The entries by key, each of shape (entries,)."""
        return {key: observation[columns] for key, columns in self._columns.items()}


class VectorDictObservation(OfVector):
    """`DictObservation` for a native vector environment; each array is of shape (num_envs, entries)."""

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        super().__init__(env)
        names = env.unwrapped.observation_names  # type: ignore[attr-defined]
        self._columns = _by_stage(names)
        self.entry_names = _names(names, self._columns)
        self.single_observation_space = _space(env.single_observation_space, self._columns)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)

    def observations(self, observations: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The entries by key."""
        return {key: observations[:, columns] for key, columns in self._columns.items()}


class GraphObservation(gymnasium.ObservationWrapper[Any, Any, Any]):
    """The pipeline as a graph. Each stage is a node with the entries of the whole pipeline and its own entries, 0 if it
    has none of that name. `edge_links`, shape (edges, 2), lead from each stage to its successors. Edges have no
    features.

    `entry_names` names the entries of a node.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        names = env.get_wrapper_attr("observation_names")
        pipeline = env.get_wrapper_attr("scenario").pipeline
        common = [name for name in names if "." not in name]
        own = list(dict.fromkeys(name.rpartition(".")[2] for name in names if "." in name))
        self.entry_names = (*common, *own)
        place = {name: column for column, name in enumerate(names)}
        rows = [[*common, *(f"{stage.name}.{entry}" for entry in own)] for stage in pipeline.stages]
        self._columns = np.array([[place.get(name, -1) for name in row] for row in rows])
        links = [(s, after) for s, each in enumerate(pipeline.successors) for after in each]
        self._edge_links = np.array(links, dtype=np.int32).reshape(-1, 2)
        self._edges = np.zeros(len(links), dtype=np.int64)
        nodes = Box(-1.0, 1.0, shape=(len(self.entry_names),), dtype=np.float32)
        self.observation_space = Graph(node_space=nodes, edge_space=Discrete(1))

    def observation(self, observation: NDArray[np.float32]) -> GraphInstance:
        """Nodes of shape (stages, entries) and the links between them."""
        nodes = np.where(self._columns < 0, np.float32(0), observation[self._columns])
        return GraphInstance(nodes=nodes, edges=self._edges.copy(), edge_links=self._edge_links.copy())


def _by_stage(names: tuple[str, ...]) -> Columns:
    """The columns of the entries of the whole pipeline and of each stage."""
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        columns.setdefault(name.rpartition(".")[0] or PIPELINE, []).append(column)
    return {key: np.array(each) for key, each in columns.items()}


def _names(names: tuple[str, ...], columns: Columns) -> dict[str, tuple[str, ...]]:
    return {key: tuple(names[column].rpartition(".")[2] for column in each) for key, each in columns.items()}


def _space(flat: Any, columns: Columns) -> Dict:
    return Dict({key: Box(flat.low[each], flat.high[each], dtype=np.float32) for key, each in columns.items()})
