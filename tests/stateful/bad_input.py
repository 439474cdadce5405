"""What nobody should pass, and the errors that it may get."""

from typing import Any

import gymnasium
import numpy as np
from hypothesis import strategies as st

from ipagym.system.errors import InputError

REFUSALS = (InputError, gymnasium.error.Error)

BAD_SECONDS = st.sampled_from([0.0, -1.0, float("nan"), float("inf"), -float("inf")])
BAD_SEEDS = st.sampled_from([-1, 1.5, "7", [], {}, float("nan"), -(2**70)])
GOOD_SEEDS = st.sampled_from([0, 1, 2**31, 2**63, 2**200, True]) | st.integers(0, 2**40)


def bad_actions(sizes: tuple[int, ...], *shape: int) -> st.SearchStrategy[Any]:
    """Actions that no space of these sizes holds, for a `step` that takes arrays of shape (*shape, len(sizes))."""
    good = np.zeros((*shape, len(sizes)), dtype=np.int64)

    def with_entry(value: Any, dtype: Any = np.float64) -> Any:
        bad = good.astype(dtype)
        bad[..., -1] = value
        return bad

    return st.sampled_from(
        [
            None,
            "abc",
            {},
            [],
            7,
            np.array([]),
            good[..., :-1],
            np.concatenate([good, good], axis=-1),
            good[np.newaxis],
            with_entry(sizes[-1]),
            with_entry(-1),
            with_entry(2**40, np.int64),
            with_entry(np.nan),
            with_entry(np.inf),
            with_entry(0.5),
            with_entry("x", object),
            with_entry(None, object),
            with_entry(1j, np.complex128),
        ]
    )


def refused(call: Any) -> str:
    """The complaint of a call that has to be refused, which is one line."""
    try:
        call()
    except REFUSALS as error:
        message = str(error)
        assert message
        if isinstance(error, InputError):
            assert len(message.splitlines()) == 1, message
        return message
    raise AssertionError("it was not refused")
