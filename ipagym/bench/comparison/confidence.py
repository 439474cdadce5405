"""Confidence intervals of means, by Student's t."""

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit  # the quantile function of Student's t, without the second that scipy.stats takes

LEVEL = 0.95


def half_width(values: Sequence[float]) -> float:
    """Half the width of the 95 % confidence interval of the mean of two values or more."""
    quantile = float(stdtrit(len(values) - 1, (1 + LEVEL) / 2))
    return float(quantile * np.std(values, ddof=1) / len(values) ** 0.5)
