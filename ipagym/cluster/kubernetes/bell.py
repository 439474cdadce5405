"""A bell that other threads ring and the dispatcher hears."""

from collections.abc import Callable

from ipagym.cluster.live.dispatcher import Dispatcher


class Bell:
    """Has the dispatcher's thread call `hear` some time after each ring; several rings may be heard as one."""

    def __init__(self, dispatcher: Dispatcher, hear: Callable[[], None]) -> None:
        self._dispatcher, self._hear = dispatcher, hear
        self._is_rung = False

    def ring(self) -> None:
        """Ring; once the dispatcher has ended nobody hears."""
        if not self._is_rung:
            self._is_rung = True
            self._dispatcher.post(self._heard)

    def _heard(self) -> None:
        self._is_rung = False  # before it looks: what changes meanwhile rings anew
        self._hear()
