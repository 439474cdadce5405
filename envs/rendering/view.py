"""The render modes of environments, and a view for each of them.

matplotlib is imported when the first picture is drawn.
"""

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import Any

from ipagym.envs.rendering.episode import EpisodeSoFar, Recording, episode_of
from ipagym.envs.rendering.text import ansi
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

FPS = 4
"""Frames per second of the live display and of videos."""

FRAME_MODES = ("ansi", "rgb_array")
"""Modes that return a frame: text or pixels."""

MODES = ("human", *FRAME_MODES)


def check_mode(mode: str | None, known: Sequence[str]) -> None:
    """Refuse an unknown render mode.

    Raises:
        InputError: the mode is unknown.
    """
    if mode is not None and mode not in known:
        raise InputError(f"render_mode must be one of {list(known)}, or none, not {mode!r}")


def frames(mode: str, scenario: Scenario) -> Callable[[EpisodeSoFar], Any]:
    """The function that makes a frame of an episode: text, or an array of shape (height, width, 3)."""
    if mode == "ansi":
        return partial(ansi, pipeline=scenario.pipeline)
    from ipagym.envs.rendering.picture import Picture

    return Picture(scenario).draw


class View:
    """The view of one environment in one of `MODES`. A copy or a pickle begins with its own empty view."""

    def __init__(self, mode: str, scenario: Scenario) -> None:
        self._mode, self._scenario = mode, scenario
        self._recording = Recording()
        self._first: Window | None = None
        self._frame: Callable[[EpisodeSoFar], Any] | None = None
        self._display: Any = None
        self._next_s = 0.0

    def __reduce__(self) -> tuple[type["View"], tuple[str, Scenario]]:
        return View, (self._mode, self._scenario)

    def frame(self, history: Sequence[Window]) -> Any:
        """The frame of an episode's windows so far."""
        if self._frame is None:
            self._frame = frames(self._mode, self._scenario)
        return self._frame(self._episode(history))

    def show(self, history: Sequence[Window]) -> None:
        """Show the windows so far on the live display, at most `FPS` times a second."""
        if self._display is None:
            from ipagym.envs.rendering.display import open_display

            self._display = open_display(self._scenario)
        self._display.show(self._episode(history))
        self._display.wait(max(self._next_s - monotonic(), 1e-3))
        self._next_s = monotonic() + 1 / FPS

    def close(self) -> None:
        """Close the display that `show` opened. It may be closed twice; `show` opens it again."""
        if self._display is not None:
            self._display.close()
        self._display = None

    def _episode(self, history: Sequence[Window]) -> EpisodeSoFar:
        """The episode so far; only its new windows are added."""
        if self._first is not history[0]:
            self._first = history[0]
            self._recording.begin()
        for window in history[len(self._recording) :]:
            self._recording.add(episode_of(window, self._scenario))
        return self._recording.episode()
