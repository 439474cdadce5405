"""The search for the best constant configuration, held against all there are."""

from itertools import product

import numpy as np
import pytest

from ipagym.agents.simple.best_constant import _Judge, best_constant
from ipagym.model.configuration import Limits
from ipagym.task.scenario import Scenario
from tests.tiny import scenario, setting


def tiny(rate_rps: float) -> Scenario:
    return scenario((rate_rps,) * 20, setting(1, 1), setting(1, 1), limits=Limits(max_replicas=3), interval_s=5.0)


@pytest.mark.parametrize("rate_rps", [2.0, 9.0])
def test_no_constant_earns_more_on_training(rate_rps: float) -> None:
    judge = _Judge(tiny(rate_rps))
    every = np.array(list(product(*map(range, judge.codec.sizes))))
    every = every[judge.masks.feasible(every)]
    found = judge.codec.encode(best_constant(judge.scenario))
    assert judge.rewards(found[np.newaxis])[0] == judge.rewards(every).max()
