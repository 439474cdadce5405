"""The observations of n environments: entries of the last window, and entries about its past."""

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from ipagym.envs.feeds import Figures
from ipagym.envs.observation import Observer
from ipagym.envs.options import EnvOptions
from ipagym.model.deployments import Deployments
from ipagym.task.scenario import Scenario

Which = NDArray[np.int64]

OLDEST = 10
"""The age of figures in windows that is scaled to 1."""


class ObservationBuilder:
    """Entries of `Observer`, then the chosen ones of these: `rate_1_ago` … `rate_k_ago`, the rates seen 1 … k windows
    before the last one, on the scale of `rate`; `elapsed`, the share of the workload that has passed; and
    `telemetry_age`, the windows since the figures were taken, divided by ten.
    """

    def __init__(self, scenario: Scenario, options: EnvOptions, num_envs: int) -> None:
        self.observer = Observer.of(scenario)
        self._duration_s = scenario.workload.duration_s
        self._options = options
        self._rates_rps = np.zeros((num_envs, 1 + options.history))
        self._ages = np.zeros(num_envs)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each entry."""
        options = self._options
        history = [f"rate_{k}_ago" for k in range(1, options.history + 1)]
        others = [name for name in ("elapsed", "telemetry_age") if getattr(options, name)]
        return (*self.observer.names, *history, *others)

    def space(self) -> Box:
        """The observation space, shape (len(names),)."""
        return Box(-1.0, 1.0, shape=(len(self.names),), dtype=np.float32)

    def begin(self, which: Which) -> None:
        """Discard the history of environments `which`."""
        self._rates_rps[which] = np.nan

    def see(self, which: Which, seen: Figures, ages: NDArray[np.int64]) -> None:
        """Add the figures that environments `which` have after another window; `ages` are in windows. `seen` and `ages`
        have a row for every environment.
        """
        windows = seen.window_records[which]
        rates_rps = windows["arrivals"] / (windows["end_s"] - windows["start_s"])
        before = self._rates_rps[which]
        is_first = np.isnan(before[:, 0])
        before[is_first] = rates_rps[is_first, np.newaxis]
        self._rates_rps[which] = np.concatenate([rates_rps[:, np.newaxis], before[:, :-1]], axis=1)
        self._ages[which] = ages[which]

    def observations(self, seen: Figures, configurations: Deployments) -> NDArray[np.float32]:
        """The observations, shape (n, len(names)); every argument has a row for each environment."""
        beside = (seen.arrivals_per_s, configurations)
        values = self.observer.observe_all(seen.window_records, seen.stages, beside)
        chosen = self._chosen(seen)
        return np.concatenate([values, *chosen], axis=1) if chosen else values

    def _chosen(self, seen: Figures) -> list[NDArray[np.float32]]:
        parts = []
        if self._options.history:
            parts.append(self.observer.rate_scaled(self._rates_rps[:, 1:]))
        if self._options.elapsed:
            parts.append(seen.window_records["end_s"][:, np.newaxis] / self._duration_s)
        if self._options.telemetry_age:
            parts.append(self._ages[:, np.newaxis] / OLDEST)
        return [np.clip(part, -1.0, 1.0).astype(np.float32) for part in parts]
