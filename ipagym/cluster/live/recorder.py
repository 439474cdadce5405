"""The figures of a live window, which is closed a little after its end."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.live.payloads import Payloads
from ipagym.cluster.sim.reference.window import Recorder
from ipagym.cluster.sim.request import Request


class LiveRecorder(Recorder):
    """Counts each request in the window that its scheduled arrival lies in, and its end not before.

    So two agents on one seed meet the same arrivals in every second, however late a window is closed. `until_s` is the
    end of the window that is being closed.
    """

    def __init__(self, payloads: Payloads, *, keep_requests: bool) -> None:
        super().__init__(keep_requests=keep_requests)
        self.until_s = 0.0
        self._payloads = payloads
        self._counted = 0

    @property
    def in_system(self) -> int:
        """Requests that have been counted as arrivals and not as ended."""
        return self._counted

    @property
    def really_in_system(self) -> int:
        """Requests that have arrived and are neither answered nor dropped now."""
        return self.arrived - self.ended

    def completion(self, request: Request) -> None:
        """A request was answered."""
        self._payloads.judge(request)
        self._payloads.forget(request)
        super().completion(request)

    def drop(self, request: Request) -> None:
        """A request was given up."""
        self._payloads.forget(request)
        super().drop(request)

    def take_arrivals(self, start_s: float, end_s: float) -> NDArray[np.int64]:
        """Arrivals in each second from `start_s` to `end_s`, shape (whole or begun seconds,)."""
        place = bisect_left(self._arrival_s, end_s)
        later = self._arrival_s[place:]
        del self._arrival_s[place:]
        taken = super().take_arrivals(start_s, end_s)
        self._arrival_s = later
        self._counted += int(taken.sum())
        return taken

    def take_network(self) -> NDArray[np.float64]:
        """Seconds that the requests which arrived until `until_s` were on their way."""
        place = bisect_left(self._arrival_s, self.until_s)
        taken, self._network_s = self._network_s[:place], self._network_s[place:]
        return np.array(taken, dtype=np.float64)

    def take_completed(self) -> list[Request]:
        """The requests that arrived until `until_s` and were answered since the last call, in order of completion."""
        taken, self._completed = self._counted_ones(self._completed)
        return taken

    def take_dropped(self) -> list[Request]:
        """The requests that arrived until `until_s` and were dropped since the last call."""
        taken, self._dropped = self._counted_ones(self._dropped)
        return taken

    def _counted_ones(self, ended: list[Request]) -> tuple[list[Request], list[Request]]:
        taken = [request for request in ended if request.arrival_s < self.until_s]
        self._counted -= len(taken)
        return taken, [request for request in ended if request.arrival_s >= self.until_s]
