"""Random numbers by counter: what is drawn depends on what it is for, not on how much was drawn before.

Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
"""

from enum import IntEnum

ROUNDS = 10
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
"""The growth of the two words of the key from round to round."""

WORD = 0xFFFFFFFF
UNIT = 2.0**-53
"""A uniform number in [0, 1) is a whole number below 2**53 times this."""

ATTEMPT_BITS, TRIAL_BITS = 40, 56
"""First bits of the attempt and of the trial in the number of a repeated service, behind the number of the request."""

Words = tuple[int, int, int, int]


class Concern(IntEnum):
    """The subject that a pair of numbers decides; the comments say what its place and its number are."""

    STRAGGLER = 0  # stage; request
    START = 1  # variant, counted over all stages; how many of its replicas started before
    CRASH = 2  # station; how many times a crash came up before
    NODE = 3  # node; how many times it was lost before
    SCRAPE = 4  # 0; window
    REPEAT = 5  # stage; request, attempt and trial in one number
    PROFILE = 6  # variant, counted over all stages; 0
    LOAD = 7  # 0; 0


def uniforms(key: int, concern: Concern, place: int, number: int) -> tuple[float, float]:
    """Two independent numbers, uniform in [0, 1), of a 64-bit key; `number` is a whole number of 64 bits."""
    a, b, c, d = philox((number & WORD, number >> 32, place, int(concern)), (key & WORD, key >> 32))
    return ((a << 32 | b) >> 11) * UNIT, ((c << 32 | d) >> 11) * UNIT


def philox(counter: Words, key: tuple[int, int]) -> Words:
    """Four random words of 32 bits for a counter of four and a key of two."""
    a, b, c, d = counter
    for i in range(ROUNDS):
        first, second = MULTIPLIERS[0] * a, MULTIPLIERS[1] * c
        key0, key1 = key[0] + i * WEYL[0] & WORD, key[1] + i * WEYL[1] & WORD
        a, b, c, d = second >> 32 ^ b ^ key0, second & WORD, first >> 32 ^ d ^ key1, first & WORD
    return a, b, c, d
