"""Compiled comparison of configurations for the reward: the knobs that differ and the longest load time.

`before` and `after` are of shape (n, S, L, K): the numbers of K knobs of L deployments in S stages, the variant first,
−1 for no deployment. It is compiled because planners call it after every simulated window.
"""

import numpy as np
from numpy.typing import NDArray

from ipagym.system.machine_code import kernel

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@kernel
def changed_knobs(before: Ints, after: Ints, has_choice: Flags) -> Floats:
    """The number of knobs that differ, shape (n,); `has_choice` says for each stage, variant and knob whether it
    counts.
    """
    changed = np.zeros(len(before))
    for i in range(len(before)):
        for s in range(before.shape[1]):
            changed[i] += _changed_in(before[i, s], after[i, s], has_choice[s])
    return changed


@kernel
def loading_s(before: Ints, after: Ints, load_s: Floats, cores: int) -> Floats:
    """The longest load time of deployments that are new or have other cores (knob number `cores`), shape (n,)."""
    longest_s = np.zeros(len(before))
    for i in range(len(before)):
        for s in range(before.shape[1]):
            for k in range(after.shape[2]):
                variant = after[i, s, k, 0]
                place = _place_of(before[i, s], variant)
                if variant >= 0 and (place < 0 or before[i, s, place, cores] != after[i, s, k, cores]):
                    longest_s[i] = max(longest_s[i], load_s[s, variant])
    return longest_s


@kernel
def total(after: Ints, knob: int) -> Floats:
    """The sum of a knob over all deployments, shape (n,)."""
    totals = np.zeros(len(after))
    for i in range(len(after)):
        for s in range(after.shape[1]):
            for k in range(after.shape[2]):
                if after[i, s, k, 0] >= 0:
                    totals[i] += after[i, s, k, knob]
    return totals


@kernel
def _changed_in(before: Ints, after: Ints, has_choice: Flags) -> int:
    changed = gone = 0
    for was in before:
        if was[0] >= 0:
            place = _place_of(after, was[0])
            if place < 0:
                place = _place_of_new(before, after, gone)
                gone += 1
            if place >= 0:
                changed += _differ(was, after[place], has_choice)
    new = 0
    for now in after:
        new += now[0] >= 0 and _place_of(before, now[0]) < 0
    return changed + abs(gone - new)


@kernel
def _differ(was: Ints, now: Ints, has_choice: Flags) -> int:
    differ = 0
    for knob in range(len(was)):
        differ += was[knob] != now[knob] and (has_choice[was[0], knob] or has_choice[now[0], knob])
    return differ


@kernel
def _place_of(deployments: Ints, variant: int) -> int:
    """The place of the deployment of that variant, -1 if there is none."""
    for place in range(len(deployments)):
        if deployments[place, 0] == variant:
            return place
    return -1


@kernel
def _place_of_new(before: Ints, after: Ints, number: int) -> int:
    """The place of the new deployment that has `number` new ones before it, -1 if there is none."""
    for place in range(len(after)):
        if after[place, 0] >= 0 and _place_of(before, after[place, 0]) < 0:
            if number == 0:
                return place
            number -= 1
    return -1
