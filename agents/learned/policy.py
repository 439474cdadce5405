"""A trained policy as an agent, and its checkpoint: weights and plain data, no code."""

import io
import json
import warnings
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

from ipagym.agent import Agent
from ipagym.configuration import Configuration, Limits
from ipagym.envs.codec import Codec
from ipagym.envs.observation import Observer
from ipagym.errors import InputError
from ipagym.files import is_file, write_atomically
from ipagym.pipeline import Pipeline
from ipagym.scenario import Scenario
from ipagym.window import Window

CHECKPOINT_NAME = "policy.pt"
MAX_CHECKPOINT_BYTES = 200_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """What a checkpoint was trained for; a policy only fits the spaces it was trained on."""

    scenario: str
    workload: str | None
    seed: int
    steps: int
    observation_names: tuple[str, ...]
    action_sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A card and the parameters: state dictionaries by name, as stable-baselines3 gives them."""

    card: Card
    parameters: dict[str, Any]


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically."""
    buffer = io.BytesIO()
    torch.save({"card": json.dumps(asdict(checkpoint.card)), "parameters": checkpoint.parameters}, buffer)
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint from a file, or from the folder that `ipagym train` wrote. Only weights are unpickled.

    Raises:
        InputError: the file is missing, too large or not a checkpoint.
    """
    file = path if is_file(path) else path / CHECKPOINT_NAME
    if not is_file(file):
        raise InputError(f"no checkpoint {file}: train one with `ipagym train` and give its folder")
    try:
        if _unpacked_bytes(file) > MAX_CHECKPOINT_BYTES:
            raise InputError(f"{file} is larger than {MAX_CHECKPOINT_BYTES} bytes: not a checkpoint of `ipagym train`")
        with warnings.catch_warnings(action="ignore"):  # of oddities in a file that is refused for them
            content = torch.load(file, weights_only=True)
        card = json.loads(content["card"])
        card["observation_names"] = tuple(card["observation_names"])
        card["action_sizes"] = tuple(card["action_sizes"])
        return Checkpoint(Card(**card), content["parameters"])
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{file} is not a checkpoint of `ipagym train` ({type(error).__name__})") from error


def _unpacked_bytes(file: Path) -> int:
    """What the archive says that it unpacks to; torch's older format, which says nothing of it, is an error."""
    with zipfile.ZipFile(file) as archive:
        return sum(entry.file_size for entry in archive.infolist())


class PolicyAgent:
    """Decides as a trained policy does, choosing its most likely action."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Build the network for this pipeline and load the weights.

        Raises:
            InputError: the policy was trained for other spaces, or its weights are none.
        """
        self._codec = Codec(pipeline, limits)
        self._observer = Observer(pipeline, limits)
        card = self.checkpoint.card
        if (card.observation_names, card.action_sizes) != (self._observer.names, self._codec.sizes):
            raise InputError(
                f"the policy was trained on {card.scenario} with other knobs than {pipeline.name} has here"
            )
        self._policy = ActorCriticPolicy(self._observer.space(), self._codec.space(), lambda _: 0.0)
        try:
            weights = self.checkpoint.parameters["policy"]
            self._policy.load_state_dict(weights)
            sound = all(bool(torch.isfinite(each).all()) for each in self._policy.state_dict().values())
        except (TypeError, KeyError, RuntimeError, AttributeError):
            sound = False
        if not sound:
            raise InputError(f"the weights of the policy for {card.scenario} are damaged: train it again") from None
        self._policy.set_training_mode(False)

    def decide(self, window: Window) -> Configuration:
        """The configuration of the policy's most likely action."""
        action, _ = self._policy.predict(self._observer.observe(window), deterministic=True)
        return self._codec.decode(action)


def load_policy(path: Path, scenario: Scenario) -> PolicyAgent:
    """The agent of a checkpoint, checked against the scenario at once.

    Raises:
        InputError: the checkpoint cannot be read or does not fit the scenario.
    """
    agent = PolicyAgent(load_checkpoint(path))
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    return agent


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the folder or file of a checkpoint."""
    return load_policy(Path(argument), scenario)
