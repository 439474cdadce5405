"""A person's view of an episode while it goes on: a window where there is a display, else the terminal."""

from time import sleep
from typing import Protocol

from matplotlib import pyplot
from matplotlib.figure import Figure
from matplotlib.image import FigureImage
from rich.console import Console
from rich.live import Live
from rich.text import Text

from ipagym.envs.rendering.episode import EpisodeSoFar
from ipagym.envs.rendering.picture import Picture
from ipagym.envs.rendering.text import ansi
from ipagym.task.scenario import Scenario


class Display(Protocol):
    """Where an episode is shown."""

    def show(self, episode: EpisodeSoFar) -> None:
        """Show the episode up to now, in place of what was shown before."""

    def wait(self, seconds: float) -> None:
        """Let a person look for so long."""

    def close(self) -> None:
        """Show nothing more."""


def open_display(scenario: Scenario) -> Display:
    """A window if matplotlib's backend has windows, which it finds out by itself, else text in the terminal."""
    try:
        figure = pyplot.figure()
    except ImportError:  # a backend was asked for that has no display here
        return TerminalDisplay(scenario)
    if getattr(figure.canvas, "required_interactive_framework", None) is None:
        pyplot.close(figure)
        return TerminalDisplay(scenario)
    return WindowDisplay(scenario, figure)


class WindowDisplay:
    """Pictures in a window. A person may close it; the episode goes on unseen."""

    def __init__(self, scenario: Scenario, figure: Figure) -> None:
        self._picture = Picture(scenario)
        self._figure = figure
        self._image: FigureImage | None = None

    @property
    def is_open(self) -> bool:
        """False once somebody has closed the window."""
        return bool(pyplot.fignum_exists(self._figure.number))

    def show(self, episode: EpisodeSoFar) -> None:
        """Show the picture, in the window as it is; it is put in front the first time only."""
        if not self.is_open:
            return
        pixels = self._picture.draw(episode)
        if self._image is None:
            self._image = self._figure.figimage(pixels, resize=True)
            self._figure.show(warn=False)
        self._image.set_data(pixels)
        self._figure.canvas.draw_idle()

    def wait(self, seconds: float) -> None:
        """Let the window draw itself and answer to its buttons."""
        if self.is_open:
            self._figure.canvas.start_event_loop(seconds)

    def close(self) -> None:
        """Close the window."""
        pyplot.close(self._figure)


class TerminalDisplay:
    """Text that is written over in the terminal. A file or a pipe gets the last window when the display is closed."""

    def __init__(self, scenario: Scenario) -> None:
        self._pipeline = scenario.pipeline
        self._live = Live(console=Console(), auto_refresh=False)

    def show(self, episode: EpisodeSoFar) -> None:
        """Write the last window."""
        if not self._live.is_started:
            self._live.start()
        self._live.update(Text(ansi(episode, self._pipeline).rstrip("\n")), refresh=True)

    def wait(self, seconds: float) -> None:
        """Leave it there."""
        sleep(seconds)

    def close(self) -> None:
        """Leave the last window where it is, and give the cursor back."""
        self._live.stop()
        if not self._live.console.is_terminal:
            self._live.console.line()
