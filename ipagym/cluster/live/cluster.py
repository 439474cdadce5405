"""A cluster whose replicas are real, in real time."""

import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.live.program import Program
from ipagym.cluster.live.replicas import Processes
from ipagym.cluster.live.servers import Platform
from ipagym.cluster.live.serving import Serving
from ipagym.cluster.sim.log import RequestLog, log_of
from ipagym.cluster.sim.request import NOT_KEPT, Request
from ipagym.cluster.sim.span import check_span
from ipagym.model.configuration import Configuration
from ipagym.model.pipeline import Pipeline
from ipagym.model.validity import check
from ipagym.model.window import Window
from ipagym.system.errors import InputError, IpagymError
from ipagym.task.faults import Faults
from ipagym.task.scenario import Scenario

PATIENCE_S = 60.0
"""Seconds of real time that replicas may take to start, and a window to be closed after its end."""

LOOK_S = 0.01
"""Seconds between two looks at what is left in the system."""

SHORTEST_S = 0.001
"""Seconds of the window that ends a drained episode, at least."""

Result = TypeVar("Result")


class LiveCluster:
    """Serves a scenario's pipeline in real time, under the same load as a simulator.

    Each replica is a process, or what another `platform` has in its place; queues, batches and drops are the
    dispatcher's in either case.

    A window ends when its time has come; time goes on while an agent decides, so that one that takes longer than the
    window finds the next one over. `reset` starts everything anew. With `keep_requests` the record of every request
    stays in `requests`.

    Raises:
        InputError: the scenario asks for faults, which nobody brings about here.
    """

    def __init__(
        self,
        scenario: Scenario,
        program: Program,
        *,
        platform: Platform | None = None,
        keep_requests: bool = False,
    ) -> None:
        if scenario.physics.faults != Faults() or scenario.physics.profile_error:
            raise InputError("a live cluster has the faults that happen: leave faults and profile_error out")
        self.scenario = scenario
        self._program = program
        self._platform = Processes() if platform is None else platform
        self._keep_requests = keep_requests
        self._episode: tuple[Dispatcher, Serving, tempfile.TemporaryDirectory[str]] | None = None
        self._end_s = 0.0

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline that is served."""
        return self.scenario.pipeline

    @property
    def now(self) -> float:
        """Seconds from the last reset to the end of the last window."""
        return self._end_s

    @property
    def elapsed_s(self) -> float:
        """Seconds that have really passed since the last reset."""
        return monotonic() - self._dispatcher.clock.start_s

    @property
    def configuration(self) -> Configuration:
        """The configuration in force: the last one asked for, though it may still be rolling out."""
        return self.scenario.initial if self._episode is None else self.serving.configuration

    @property
    def serving(self) -> Serving:
        """What runs.

        Raises:
            InputError: nothing does.
        """
        if self._episode is None:
            raise InputError("the live cluster does not run: call reset() first")
        return self._episode[1]

    @property
    def requests(self) -> list[Request]:
        """Every request that has arrived since the last reset, in order of arrival."""
        if self.serving.recorder.requests is None:
            raise InputError(NOT_KEPT)
        return self.serving.recorder.requests

    @property
    def log(self) -> RequestLog:
        """The same as arrays."""
        return self._run(lambda: log_of(self.requests, len(self.pipeline.stages)))

    @property
    def in_system(self) -> int:
        """Requests that have arrived and are neither answered nor dropped."""
        return self._run(lambda: self.serving.recorder.really_in_system)

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of all processes that serve or send: the load generator's first."""
        return self._run(lambda: (self.serving.load.pid, *self.serving.servers.pids))

    def reset(self, seed: int) -> None:
        """End what runs, start the initial configuration and the load, and return when all replicas are ready.

        Raises:
            InputError: the platform does not answer.
            IpagymError: a replica cannot be started.
        """
        check(self.scenario.initial, self.pipeline, self.scenario.limits)
        self._end_episode()
        self._platform.open()
        folder = tempfile.TemporaryDirectory(prefix="ipagym-")
        dispatcher = Dispatcher()
        try:
            serving = dispatcher.run(lambda: self._serving(seed, dispatcher, Path(folder.name)))
        except BaseException:
            dispatcher.close()
            folder.cleanup()
            raise
        self._end_s, self._episode = 0.0, (dispatcher, serving, folder)
        self._wait(lambda begun: serving.begin(begun), PATIENCE_S, "replicas of the initial configuration started")

    def apply(self, configuration: Configuration) -> None:
        """Start moving to `configuration`; what an earlier one left unfinished is superseded.

        Raises:
            InputError: the configuration is outside the pipeline or the limits; nothing is changed then.
        """
        check(configuration, self.pipeline, self.scenario.limits)
        self._run(lambda: self.serving.follow(configuration))

    def advance(self, seconds: float) -> Window:
        """Wait until `seconds` have passed since the end of the last window, and report them.

        Raises:
            InputError: seconds is not a positive number, or too small a one, or nothing runs.
            IpagymError: replicas cannot be started any more, or the load is stuck.
        """
        check_span(seconds, self.now)
        start_s, end_s = self._end_s, self._end_s + seconds
        rest_s = max(0.0, end_s - self.elapsed_s)
        close: Callable[[Future[Window]], None] = lambda closed: self.serving.close_at(start_s, end_s, closed)  # noqa: E731
        window = self._wait(close, rest_s + PATIENCE_S, f"requests until {end_s:g} s came")
        self._end_s = end_s
        return window

    def drain(self, limit_s: float) -> Window:
        """Take no more load, answer what is in the system within the limit; the window since the last one.

        Raises:
            InputError: nothing runs.
        """
        self._run(self.serving.load.stop)
        until_s = monotonic() + limit_s
        while self.in_system and monotonic() < until_s:
            sleep(LOOK_S)
        return self.advance(max(self.elapsed_s - self._end_s, SHORTEST_S))

    def close(self) -> None:
        """End everything that serves or sends."""
        try:
            self._end_episode()
        finally:
            self._platform.close()

    def _end_episode(self) -> None:
        if self._episode is None:
            return
        dispatcher, serving, folder = self._episode
        self._episode = None
        dispatcher.close()
        serving.end()
        folder.cleanup()

    @property
    def _dispatcher(self) -> Dispatcher:
        assert self.serving, "a cluster that runs has a dispatcher"
        assert self._episode is not None
        return self._episode[0]

    def _run(self, action: Callable[[], Result]) -> Result:
        return self._dispatcher.run(action)

    def _wait(self, action: Callable[["Future[Result]"], None], limit_s: float, awaited: str) -> Result:
        try:
            return self._dispatcher.begin(action).result(limit_s)
        except Late:
            raise IpagymError(f"not all {awaited} within {limit_s:g} s: {self.serving.servers.hindrance}") from None

    def _serving(self, seed: int, dispatcher: Dispatcher, folder: Path) -> Serving:
        errors = folder / "errors"
        return Serving(
            self.scenario,
            self._program,
            seed,
            dispatcher,
            servers=self._platform.servers(dispatcher, errors),
            folder=folder,
            errors=errors,
            keep_requests=self._keep_requests,
        )
