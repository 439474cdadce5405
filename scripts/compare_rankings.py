"""Put agents in order on the windows of the Twitter trace and on the loads generated in their place.

Usage: python scripts/compare_rankings.py workload.tbz2 [--scenario video] [--agents A,B,...] [--seeds N]

Prints what each agent comes to on both, and Spearman's rank correlation of the rewards. Beside it stands that of the
trace with itself under two halves of the seeds: more can hardly be asked of a generator.
"""

from argparse import ArgumentParser
from dataclasses import replace
from functools import partial
from pathlib import Path

from ipagym.agents import make_agent
from ipagym.agents.spec import split_specs
from ipagym.bench.comparison.agreement import Outcomes, outcomes, rank_correlation
from ipagym.cluster.sim import ENGINES
from ipagym.envs.scenarios import make_scenario
from ipagym.task.scenario import Scenario
from ipagym.workload.patterns import PATTERNS

AGENTS = "ipa,fa2,infaas,threshold,hpa,knative,greedy,mark,nexus,keda,pi,ray-serve"
LOADS = "bursty,fluctuating,steady-low,steady-high"


def main() -> None:
    """Print a table for each load."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("trace", type=Path)
    parser.add_argument("--scenario", default="video")
    parser.add_argument("--agents", default=AGENTS)
    parser.add_argument("--loads", default=LOADS)
    parser.add_argument("--seeds", type=int, default=4)
    chosen = parser.parse_args()
    for load in chosen.loads.split(","):
        real = make_scenario(chosen.scenario, load, trace=chosen.trace)
        likeness = replace(real, workload=PATTERNS[real.workload.name])
        halves = range(0, chosen.seeds, 2), range(1, chosen.seeds, 2)
        found = [_outcomes(real, chosen.agents, seeds) for seeds in (range(chosen.seeds), *halves)]
        generated = _outcomes(likeness, chosen.agents, range(chosen.seeds))
        print(f"{load}: rank correlation of trace and generator {rank_correlation(found[0], generated):.2f}, "
              f"of the trace with itself {rank_correlation(found[1], found[2]):.2f}")  # fmt: skip
        for name in sorted(found[0], key=lambda each: -found[0][each].reward):
            figures = (f"{each.reward:8.2f} {each.late_percent:6.2f} %" for each in (found[0][name], generated[name]))
            print(f"    {name:<20} trace {'   generator '.join(figures)}", flush=True)


def _outcomes(scenario: Scenario, agents: str, seeds: range) -> Outcomes:
    made = {name: partial(make_agent, name, scenario) for name in split_specs(agents)}
    return outcomes(scenario, made, seeds, ENGINES["compiled"])


if __name__ == "__main__":
    main()
