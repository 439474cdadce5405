"""A learner's view of one episode, window by window, for agents."""

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.codec import Codec
from ipagym.envs.learners.planners import PlanProblem
from ipagym.envs.learners.sight import Sight
from ipagym.envs.learners.view import View, ViewSettings
from ipagym.envs.observation import Observer
from ipagym.model.configuration import Configuration
from ipagym.model.window import Window

ALONE = np.zeros(1, dtype=np.int64)

Indices = NDArray[np.int64]


class OneView:
    """The view of a new episode; `see` gets every window, including the first one."""

    def __init__(self, problem: PlanProblem, observer: Observer, settings: ViewSettings) -> None:
        self._codec = Codec(problem.pipeline, problem.limits)
        self._observer = observer
        self.view = View(1, problem, observer, settings)
        self._current: Indices | None = None

    def see(self, window: Window) -> NDArray[np.float32]:
        """The view's observation after the window, shape (1, entries)."""
        observation = self._observer.observe(window)[np.newaxis]
        sight = Sight(observation, window.arrivals_per_s[np.newaxis], np.array([window.network_max_s]))
        take = self.view.begin if self._current is None else self.view.see
        take(ALONE, sight)
        self._current = self._codec.encode(window.configuration)[np.newaxis]
        return self.view.shown(observation)

    def configuration(self, action: Indices) -> Configuration:
        """The configuration that an action, shape (1, heads), means now."""
        return self._codec.decode(self.view.indices(action, self._in_force())[0])

    def action_for(self, configuration: Configuration) -> Indices:
        """The action, shape (1, heads), nearest to a configuration now.

        Raises:
            InputError: the view's actions cannot express configurations, or the value of a knob is not among its
                choices.
        """
        return self.view.actions_for(self._codec.encode(configuration)[np.newaxis], self._in_force())

    def masks(self) -> NDArray[np.bool_]:
        """Flags of the values of each head that are feasible now, shape (1, values)."""
        return self.view.masks(self._in_force())

    def _in_force(self) -> Indices:
        assert self._current is not None, "a window was seen"
        return self._current
