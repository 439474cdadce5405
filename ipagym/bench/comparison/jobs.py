"""One episode of a comparison, and its result."""

from collections.abc import Callable
from dataclasses import dataclass

from ipagym.bench.episode import run_episode
from ipagym.bench.storage.store import Packed, Store
from ipagym.cluster.protocol import Cluster
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration
from ipagym.system.errors import in_one_line
from ipagym.system.fence import Fence
from ipagym.task.scenario import Scenario

GENEROUS = 10.0
"""Default time limit of a decision, in adaptation intervals of real time."""

LONGEST_REASON = 300
"""Characters of what an agent raised that are kept."""

Cell = tuple[str, int]
"""An agent and a seed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One episode to run; `fingerprint` changes when the agent behind the name does, or the courses that it learns from
    (what others asked for on the same seed).
    """

    agent: str
    seed: int
    make_agent: Callable[[], Agent]
    make_cluster: Callable[[Scenario], Cluster]
    fingerprint: str
    courses: tuple[tuple[Configuration, ...], ...] = ()

    @property
    def cell(self) -> Cell:
        """Its agent and seed."""
        return self.agent, self.seed


def usual_fence(scenario: Scenario, decision_s: float | None = None, memory_gib: float | None = None) -> Fence:
    """The limits of an episode in a worker process: a decision may take ten intervals of real time, all of them
    together with what precedes them as much as that times the windows.

    Raises:
        InputError: a limit is not a positive number.
    """
    decision_s = GENEROUS * scenario.interval_s if decision_s is None else decision_s
    task_s = decision_s * scenario.windows
    if memory_gib is None:
        return Fence(decision_s=decision_s, task_s=task_s)
    return Fence(decision_s=decision_s, task_s=task_s, memory_gib=memory_gib)


def run_job(job: Job, store: Store, decision_limit_s: float | None = None) -> Packed | str:
    """Run one episode: its files, which are not written, or the reason why the agent failed in it."""
    cluster = job.make_cluster(store.scenario)
    try:
        episode = run_episode(
            job.make_agent(),
            cluster,
            store.scenario,
            job.seed,
            name=job.agent,
            courses=job.courses,
            decision_limit_s=decision_limit_s,
        )
    except (Exception, SystemExit) as error:
        return _reason(error)
    finally:
        cluster.close()
    return store.pack(episode, job.fingerprint)


def run_fenced(job: Job, store: Store, decision_limit_s: float) -> Packed | str:
    """The same in a worker process. Ctrl-C does not reach it; only an agent can raise KeyboardInterrupt in it."""
    try:
        return run_job(job, store, decision_limit_s)
    except (KeyboardInterrupt, GeneratorExit) as error:
        return _reason(error)


def _reason(error: BaseException) -> str:
    return " ".join(in_one_line(error).split())[:LONGEST_REASON]
