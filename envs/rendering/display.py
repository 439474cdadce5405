"""Live display of an episode: a window if there is a display, otherwise the terminal."""

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
    """A display of an episode."""

    def show(self, episode: EpisodeSoFar) -> None:
        """Show the episode up to now, in place of the previous content."""

    def wait(self, seconds: float) -> None:
        """Keep the display for that time."""

    def close(self) -> None:
        """Close the display."""


def open_display(scenario: Scenario) -> Display:
    """A window if matplotlib's backend has windows (it detects this), otherwise text in the terminal."""
    try:
        figure = pyplot.figure()
    except ImportError:  # the requested backend has no display here
        return TerminalDisplay(scenario)
    if getattr(figure.canvas, "required_interactive_framework", None) is None:
        pyplot.close(figure)
        return TerminalDisplay(scenario)
    return WindowDisplay(scenario, figure)


class WindowDisplay:
    """Pictures in a window. If it is closed, the episode continues without display."""

    def __init__(self, scenario: Scenario, figure: Figure) -> None:
        self._picture = Picture(scenario)
        self._figure = figure
        self._image: FigureImage | None = None

    @property
    def is_open(self) -> bool:
        """False after the window was closed."""
        return bool(pyplot.fignum_exists(self._figure.number))

    def show(self, episode: EpisodeSoFar) -> None:
        """Show the picture without moving the window; it comes to the front the first time only."""
        if not self.is_open:
            return
        pixels = self._picture.draw(episode)
        if self._image is None:
            self._image = self._figure.figimage(pixels, resize=True)
            self._figure.show(warn=False)
        self._image.set_data(pixels)
        self._figure.canvas.draw_idle()

    def wait(self, seconds: float) -> None:
        """Let the window redraw and handle its events."""
        if self.is_open:
            self._figure.canvas.start_event_loop(seconds)

    def close(self) -> None:
        """Close the window."""
        pyplot.close(self._figure)


class TerminalDisplay:
    """Text that is overwritten in the terminal. A file or a pipe gets only the last window, at the end."""

    def __init__(self, scenario: Scenario) -> None:
        self._pipeline = scenario.pipeline
        self._live = Live(console=Console(), auto_refresh=False)

    def show(self, episode: EpisodeSoFar) -> None:
        """Write the last window."""
        if not self._live.is_started:
            self._live.start()
        self._live.update(Text(ansi(episode, self._pipeline).rstrip("\n")), refresh=True)

    def wait(self, seconds: float) -> None:
        """Keep the text for that time."""
        sleep(seconds)

    def close(self) -> None:
        """Keep the last window on the screen and restore the cursor."""
        self._live.stop()
        if not self._live.console.is_terminal:
            self._live.console.line()
