"""An agent's decisions, made safe."""

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, replace
from time import monotonic
from typing import Literal

from ipagym.control.safety import Safety, variants_of, within
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.validity import check
from ipagym.model.window import Window
from ipagym.system.errors import InputError, in_one_line

Kind = Literal["as wanted", "limited", "cooling down", "blocked", "late", "failed", "missed"]
"""What became of a decision: only the first two are carried out; a missed one is one that nobody was there to make."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is asked of the cluster, and why; `wanted` is what the agent said, if it said anything that could be.

    `decided_s` is how many seconds the agent was waited for.
    """

    kind: Kind
    configuration: Configuration
    reason: str
    wanted: Configuration | None = None
    decided_s: float = 0.0


class Guard:
    """Asks an agent, in a thread of its own, and lets the last safe decision stand where it fails.

    It fails where it raises, takes longer than `safety.decision_limit_s`, or asks for what cannot be. While it is still
    busy with an earlier window it is not asked again.
    """

    def __init__(self, agent: Agent, pipeline: Pipeline, limits: Limits, safety: Safety) -> None:
        self._agent, self._pipeline, self._limits, self._safety = agent, pipeline, limits, safety
        self._busy: Future[Configuration] | None = None
        self._changed_s = float("-inf")

    def decide(self, window: Window) -> Decision:
        """The configuration for the next interval."""
        begun_s = monotonic()
        return replace(self._decided(window), decided_s=monotonic() - begun_s)

    def _decided(self, window: Window) -> Decision:
        running = window.configuration
        try:
            wanted = self._asked(window)
            check(wanted, self._pipeline, self._limits)
        except Late as late:
            return Decision(
                "late", running, f"late: {str(late) or f'no decision in {self._safety.decision_limit_s:g} s'}"
            )
        except Exception as error:  # whatever an agent does, the cluster goes on as it is
            return Decision("failed", running, f"failed: {in_one_line(error)}")
        return self._limited(wanted, running, window.end_s)

    def _asked(self, window: Window) -> Configuration:
        if self._busy is not None and not self._busy.done():
            raise Late("still busy with an earlier window")
        self._busy = Future()
        # A daemon: one that never comes back does not keep the process from ending.
        threading.Thread(target=_decide, args=(self._agent, window.sealed(), self._busy), daemon=True).start()
        return self._busy.result(self._safety.decision_limit_s)

    def _limited(self, wanted: Configuration, running: Configuration, now_s: float) -> Decision:
        changes = variants_of(wanted) != variants_of(running)
        if changes and now_s - self._changed_s < self._safety.cool_down_s:
            return Decision("cooling down", running, "cooling down after a change of variants", wanted)
        allowed = within(wanted, running, self._safety.most_change)
        try:
            check(allowed, self._pipeline, self._limits)
        except InputError as error:
            return Decision("blocked", running, f"on the way lies what cannot be: {error}", wanted)
        if changes:
            self._changed_s = now_s
        if allowed == wanted:
            return Decision("as wanted", allowed, "as wanted", wanted)
        return Decision("limited", allowed, f"at most {self._safety.most_change} replicas at once", wanted)


def _decide(agent: Agent, window: Window, decided: Future[Configuration]) -> None:
    try:
        decided.set_result(agent.decide(window))
    except Exception as error:  # told to the one who waits
        decided.set_exception(error)
