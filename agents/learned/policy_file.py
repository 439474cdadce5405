"""Policies as files: plain arrays and a card; reading and running them does not need torch."""

import json
import zipfile
from dataclasses import asdict, dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter, ValidationError

from ipagym.agents.learned.choices import CHOICES, RECURRENT, Flags
from ipagym.agents.learned.lstm_layer import LstmLayer, State
from ipagym.agents.learned.running_moments import normalised
from ipagym.envs.learners.view import ViewSettings
from ipagym.system.errors import InputError
from ipagym.system.files import is_file, write_atomically
from ipagym.task.objective import Objective

LAST, BEST = "last.npz", "best.npz"
"""The policy of the last update, and the best one in validation; a folder as a policy means `best`."""

MAX_BYTES = 100_000_000

LSTM = "lstm_"
"""Prefix of the names of an LSTM's arrays."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyCard:
    """The task of a policy. It serves pipelines with the same open knobs, and plans with its objective."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    algorithm: str
    scenario: str
    workloads: tuple[str, ...]
    seed: int
    steps: int
    view: ViewSettings
    observation_names: tuple[str, ...]
    knob_sizes: tuple[int, ...]
    heads: tuple[int, ...]
    objective: Objective


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Policy:
    """A network over normalised entries; `ipagym.agents.learned.choices` interprets its outputs by algorithm.

    `mean` and `variance` are of shape (entries,), each of `weights` (inputs, outputs), each of `biases` (outputs,).
    A recurrent policy has an LSTM before these layers.
    """

    card: PolicyCard
    mean: Floats
    variance: Floats
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    lstm: LstmLayer | None = None

    def logits(self, shown: NDArray[np.float32], state: State | None = None) -> Floats:
        """The outputs, shape (n, outputs), for observations of a view, shape (n, entries); `state`, of n rows, is
        updated.
        """
        values = normalised(shown, self.mean, self.variance).astype(np.float64)
        if self.lstm is not None:
            values = self.lstm.step(values, state or self.lstm.at_rest(len(values)))
        activation = CHOICES[self.card.algorithm].activation
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = activation(values @ weight + bias)
        return np.asarray(values @ self.weights[-1] + self.biases[-1])

    def actions(
        self, shown: NDArray[np.float32], state: State | None = None, masks: Flags | None = None
    ) -> NDArray[np.int64]:
        """The most likely, or best, value of each head, shape (n, heads); with masks, among the allowed values.

        Masks are flags of the values of all heads, one head after the other, shape (n, values).
        """
        return CHOICES[self.card.algorithm].values(self.logits(shown, state), self.card.heads, masks)

    def at_rest(self, rows: int) -> State | None:
        """The state of `rows` rows at the beginning of their episodes; None if the policy is not recurrent."""
        return None if self.lstm is None else self.lstm.at_rest(rows)

    @property
    def is_masked(self) -> bool:
        """True if it was trained with masks, to choose only feasible values."""
        return CHOICES[self.card.algorithm].is_masked


def save_policy(path: Path, policy: Policy) -> None:
    """Write a policy atomically; the same policy gives the same bytes."""
    arrays = {"card": np.array(json.dumps(asdict(policy.card))), "mean": policy.mean, "variance": policy.variance}
    if policy.lstm is not None:
        arrays |= {f"{LSTM}{name}": array.astype(np.float32) for name, array in asdict(policy.lstm).items()}
    for k, (weight, bias) in enumerate(zip(policy.weights, policy.biases, strict=True)):
        arrays |= {f"weight_{k}": weight.astype(np.float32), f"bias_{k}": bias.astype(np.float32)}
    buffer = BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write_atomically(path, buffer.getvalue())


def read_policy(path: Path) -> Policy:
    """The policy of a file, or of a folder that `ipagym train` wrote: the best one, or the last one without validation.

    Raises:
        InputError: there is none, or the file is not one.
    """
    file = path if is_file(path) else next(filter(is_file, (path / BEST, path / LAST)), path / BEST)
    if not is_file(file):
        raise InputError(f"no policy {file}: train one with `ipagym train` and give its folder")
    try:
        return _policy(_arrays(file))
    except ValidationError as error:
        raise InputError(f"{file} is not a policy of this version of ipagym: {fault_of(error)}") from None
    except Exception as error:
        raise InputError(
            f"{file} is not a policy of `ipagym train` ({type(error).__name__}): train it again"
        ) from error


def fault_of(error: ValidationError) -> str:
    """The first error in a card: field and message."""
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'its card'}: {first['msg']}"


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
            raise InputError("it unpacks to too much")
    with np.load(file, allow_pickle=False) as content:
        return {name: content[name] for name in content.files}


def _policy(arrays: dict[str, NDArray[Any]]) -> Policy:
    card = TypeAdapter(PolicyCard).validate_json(str(arrays["card"]))
    layers = sum(name.startswith("weight_") for name in arrays)
    numbers = {name: np.asarray(array, dtype=np.float64) for name, array in arrays.items() if name != "card"}
    policy = Policy(
        card=card,
        mean=numbers["mean"],
        variance=numbers["variance"],
        weights=tuple(numbers[f"weight_{k}"] for k in range(layers)),
        biases=tuple(numbers[f"bias_{k}"] for k in range(layers)),
        lstm=_lstm(numbers) if card.algorithm == RECURRENT else None,
    )
    _check(policy, numbers)
    return policy


def _lstm(numbers: dict[str, Floats]) -> LstmLayer:
    return LstmLayer(**{field.name: numbers[f"{LSTM}{field.name}"] for field in fields(LstmLayer)})


def _check(policy: Policy, numbers: dict[str, Floats]) -> None:
    """Refuse arrays that do not fit each other, or are not numbers."""
    if not all(np.isfinite(array).all() for array in numbers.values()) or (policy.variance < 0).any():
        raise ValueError("not a number")
    shown = np.zeros((1, *policy.mean.shape), dtype=np.float32)
    outputs = CHOICES[policy.card.algorithm].outputs(policy.card.heads)
    if policy.logits(shown).shape != (1, outputs) or min(policy.card.heads) < 1:
        raise ValueError("arrays of other shapes")
