"""A layer of long short-term memory (Hochreiter and Schmidhuber, 1997) in numpy, with the gates of torch's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class State:
    """The state of n rows: `hidden` and `cell`, each of shape (n, units)."""

    hidden: Floats
    cell: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LstmLayer:
    """`inputs` (entries, 4·units), `recurrent` (units, 4·units) and `bias` (4·units,): input, forget, cell and output
    gate one after the other.
    """

    inputs: Floats
    recurrent: Floats
    bias: Floats

    def at_rest(self, rows: int) -> State:
        """The initial state of `rows` rows."""
        units = len(self.recurrent)
        return State(np.zeros((rows, units)), np.zeros((rows, units)))

    def step(self, values: Floats, state: State) -> Floats:
        """The outputs, shape (n, units), for values of shape (n, entries); `state` is updated."""
        gates = values @ self.inputs + state.hidden @ self.recurrent + self.bias
        into, kept, new, out = np.split(gates, 4, axis=1)
        state.cell = _sigmoid(kept) * state.cell + _sigmoid(into) * np.tanh(new)
        state.hidden = _sigmoid(out) * np.tanh(state.cell)
        return state.hidden


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)))
