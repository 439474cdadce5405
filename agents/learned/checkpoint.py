"""Checkpoints of trained policies: weights and plain data, no code."""

import io
import json
import warnings
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ipagym.agents.learned.policy_file import fault_of
from ipagym.agents.learned.recipe import checked_recipe
from ipagym.agents.learned.recipe_fields import Recipe
from ipagym.system.errors import InputError
from ipagym.system.files import is_file, write_atomically

CHECKPOINT_NAME = "last.pt"
MAX_CHECKPOINT_BYTES = 200_000_000

Whole = Annotated[int, Field(ge=0, lt=2**63)]
Count = Annotated[int, Field(ge=1, lt=2**31)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """The task and the settings of a run, and the number of steps done."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    algorithm: str
    scenario: str
    workloads: tuple[str, ...]
    steps_done: Whole
    seed: Whole
    threads: Count
    recipe: Recipe
    warm_start: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A card and tensors by name: the parameters in the form of stable-baselines3, and the progress of the run.
    `ipagym.agents.learned.resuming` continues from `progress`.
    """

    card: Card
    parameters: dict[str, Any]
    progress: dict[str, Any]


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically."""
    buffer = io.BytesIO()
    content = {
        "card": json.dumps(asdict(checkpoint.card)),
        "parameters": checkpoint.parameters,
        "progress": checkpoint.progress,
    }
    torch.save(content, buffer)
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
        return Checkpoint(_card(content.pop("card"), file), **content)
    except InputError:
        raise
    except ValidationError as error:
        raise InputError(f"{file} is not a checkpoint of this version of `ipagym train`: {fault_of(error)}") from None
    except Exception as error:
        raise InputError(f"{file} is not a checkpoint of `ipagym train` ({type(error).__name__})") from error


def _card(text: str, file: Path) -> Card:
    content = json.loads(text)
    content["recipe"] = checked_recipe(str(content["algorithm"]), content["recipe"], f"{file}: its recipe")
    return TypeAdapter(Card).validate_python(content)


def load_weights(module: torch.nn.Module, weights: Any) -> bool:
    """Load the weights into the module; false if they are not valid for it."""
    expected = module.state_dict()
    if not isinstance(weights, dict) or list(weights) != list(expected):
        return False
    if not all(is_like(weights[name], own) for name, own in expected.items()):
        return False
    module.load_state_dict(dict(weights))  # without what else a file may have attached to them
    return True


def is_like(found: Any, like: torch.Tensor) -> bool:
    """True for a plain tensor of finite numbers, of the shape and the type of the other."""
    return (
        type(found) is torch.Tensor
        and (found.layout, found.device, found.dtype) == (like.layout, like.device, like.dtype)
        and found.shape == like.shape
        and bool(torch.isfinite(found).all())
    )


def _unpacked_bytes(file: Path) -> int:
    """The unpacked size in bytes that the archive states; torch's older format does not state it and is an error."""
    with zipfile.ZipFile(file) as archive:
        return sum(entry.file_size for entry in archive.infolist())
