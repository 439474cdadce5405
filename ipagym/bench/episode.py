"""One agent on one seed, from the first request to the last window."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.foresight import Foreseeing, Learning
from ipagym.cluster.protocol import Cluster, Simulator
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration
from ipagym.model.validity import check
from ipagym.model.window import Window
from ipagym.random.streams import Streams
from ipagym.system.fence import ends_process_after
from ipagym.task.objective import RewardTerms
from ipagym.task.reward import Rewards
from ipagym.task.scenario import Scenario
from ipagym.task.telemetry import Feed


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Episode:
    """The windows and rewards of one agent on one seed; the warm-up is not among them.

    `decision_s[i]` is the time, in seconds, that the agent took to decide the configuration of `windows[i]`.
    """

    agent: str
    seed: int
    windows: tuple[Window, ...]
    decision_s: NDArray[np.float64]
    rewards: NDArray[np.float64]
    terms: tuple[RewardTerms[float], ...]


def run_episode(
    agent: Agent,
    cluster: Cluster,
    scenario: Scenario,
    seed: int,
    *,
    name: str = "agent",
    courses: Sequence[tuple[Configuration, ...]] = (),
    decision_limit_s: float | None = None,
) -> Episode:
    """Let `agent` control `cluster` through the scenario. The first interval, under `scenario.initial`, is warm-up.

    `courses` are the configurations that others requested on the same seed, for an agent that learns from them. A
    decision that takes longer than `decision_limit_s` ends the process, so that such a limit is for worker processes
    only.

    Raises:
        InputError: the agent decided a configuration that the pipeline or the limits do not allow.
    """
    cluster.reset(seed)
    if isinstance(agent, Foreseeing) and isinstance(cluster, Simulator):
        agent.foresee(cluster.fork(), scenario.workload.rates_rps(Streams.spawn(seed).load))
    if isinstance(agent, Learning):
        agent.learn(courses)
    agent.reset(scenario.pipeline, scenario.limits, Streams.spawn(seed).agent)
    rewards = Rewards(scenario.pipeline, scenario.limits.max_deployments)
    feed = Feed(scenario.telemetry, scenario.interval_s, seed)
    window = cluster.advance(scenario.interval_s)
    seen = feed.see(window)
    windows, terms, decision_s = [], [], []
    for _ in range(scenario.windows - 1):
        previous = window.configuration
        shown = seen.sealed()
        with ends_process_after(decision_limit_s):
            started = perf_counter()
            configuration = agent.decide(shown)
            decision_s.append(perf_counter() - started)
        check(configuration, scenario.pipeline, scenario.limits)
        cluster.apply(configuration)
        window = cluster.advance(scenario.interval_s)
        seen = feed.see(window)
        windows.append(window)
        terms.append(rewards.of_window(window, previous))
    return Episode(
        agent=name,
        seed=seed,
        windows=tuple(windows),
        decision_s=np.array(decision_s),
        rewards=np.array([scenario.objective.scalar(t) for t in terms]),
        terms=tuple(terms),
    )
