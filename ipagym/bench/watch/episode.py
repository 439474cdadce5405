"""The display of an episode during its simulation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, sleep

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ipagym.agents.common.wrapper import Wrapper
from ipagym.bench.episode import Episode, run_episode
from ipagym.bench.watch.screen import sparkline
from ipagym.cluster.protocol import Cluster
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario

Show = Callable[[RenderableType], None]
WIDTH = 60


@dataclass(slots=True)
class Course:
    """The windows of an episode that its agent has seen."""

    scenario: Scenario
    windows: list[Window] = field(default_factory=list)

    def drawn(self, decided: Configuration) -> RenderableType:
        """The last window, the configuration decided from it, and the course of the episode."""
        last, slo_s = self.windows[-1], self.scenario.pipeline.slo_s
        head = (
            f"{len(self.windows)} of {self.scenario.windows - 1} windows   "
            f"load {last.arrivals / self.scenario.interval_s:.1f} rps   "
            f"cores {last.cores:.1f}   PAS {100 * last.accuracy:.1f}"
        )
        rows = [
            ("load", [float(each.arrivals) for each in self.windows]),
            ("cores", [float(each.cores) for each in self.windows]),
            ("late", [each.violations / max(each.arrivals, 1) for each in self.windows]),
        ]
        courses = Table(box=None, show_header=False)
        for name, values in rows:
            courses.add_row(name, sparkline(values, WIDTH))
        late = f"late {last.violations}   dropped {last.dropped}   SLO {slo_s:.2f} s"
        return Group(Text(head), Text(late), courses, self._knobs(decided))

    def _knobs(self, decided: Configuration) -> Table:
        table = Table("stage", "variant", "replicas", "batch", "cores", box=SIMPLE_HEAD)
        for stage, setting in zip(self.scenario.pipeline.stages, decided.stages, strict=True):
            for each in setting.deployments:
                table.add_row(stage.name, each.variant, str(each.replicas), str(each.batch), str(each.cores or ""))
        return table


class Shown(Wrapper):
    """Shows every window and decision of an agent, and waits to keep the maximum rate."""

    def __init__(self, agent: Agent, course: Course, show: Show, pause_s: float) -> None:
        super().__init__(agent)
        self._course, self._show, self._pause_s = course, show, pause_s
        self._next_s = monotonic()

    def decide(self, window: Window) -> Configuration:
        """The agent's decision, shown."""
        decided = self.agent.decide(window)
        self._course.windows.append(window)
        self._show(self._course.drawn(decided))
        sleep(max(0.0, self._next_s - monotonic()))
        self._next_s = monotonic() + self._pause_s
        return decided


def watch_episode(agent: Agent, cluster: Cluster, scenario: Scenario, *, seed: int, rate: float, show: Show) -> Episode:
    """Run an episode, at most `rate` windows a second, and show every window with the decision made from it.

    Raises:
        InputError: the agent decided a configuration that the pipeline or the limits do not allow.
    """
    return run_episode(Shown(agent, Course(scenario), show, 1 / rate), cluster, scenario, seed)
