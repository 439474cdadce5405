"""Whether generated loads put agents in the order of the loads that they stand for."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from ipagym.agents import make_agent
from ipagym.bench.comparison.agreement import Outcome, outcomes, rank_correlation
from ipagym.cluster.sim import ENGINES
from ipagym.envs import make_scenario
from ipagym.system.errors import InputError
from ipagym.workload.patterns import PATTERNS

TRACE = Path(__file__).parents[2] / "shared" / "data" / "twitter_trace" / "workload.tbz2"
AGENTS = ("ipa", "fa2", "infaas", "threshold", "hpa", "greedy", "nexus", "keda", "pi", "ray-serve")


def found(*rewards: float) -> dict[str, Outcome]:
    return {f"agent{i}": Outcome(reward=reward, late_percent=0.0) for i, reward in enumerate(rewards)}


def test_the_rank_correlation_is_spearmans() -> None:
    rewards = found(-1.0, -2.0, -3.0, -4.0)
    assert rank_correlation(rewards, found(10.0, 9.0, 0.0, -99.0)) == pytest.approx(1.0)
    assert rank_correlation(rewards, found(1.0, 2.0, 3.0, 4.0)) == pytest.approx(-1.0)
    assert rank_correlation(rewards, found(-2.0, -1.0, -3.0, -4.0)) == pytest.approx(0.8)
    assert rank_correlation(rewards, found(-1.001, -1.002, -3.0, -4.0)) == pytest.approx(0.9487, abs=1e-4)


@pytest.mark.parametrize("others", [found(1.0, 2.0), found(1.0, 2.0, 3.0), found(5.0, 5.0, 5.0, 5.0)])
def test_what_cannot_be_ranked_is_refused(others: dict[str, Outcome]) -> None:
    with pytest.raises(InputError, match="rank correlation needs"):
        rank_correlation(found(1.0, 2.0, 3.0, 4.0), others)


@pytest.mark.skipif(not TRACE.is_file(), reason="the Twitter trace is not at hand")
def test_agents_stand_in_the_order_of_the_trace() -> None:
    real = make_scenario("video", "bursty", trace=TRACE)
    loads = (real, replace(real, workload=PATTERNS["bursty"]))
    made = {name: partial(make_agent, name, real) for name in AGENTS}
    on_trace, generated = (outcomes(load, made, range(2), ENGINES["compiled"]) for load in loads)
    assert rank_correlation(on_trace, generated) >= 0.85
    assert generated["nexus"].late_percent > 1  # at half the pace of the trace none of its requests were late
