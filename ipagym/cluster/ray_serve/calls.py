"""The thread in which this process waits for Ray: one event loop, for all replicas of an episode."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Calls:
    """Runs coroutines in a loop of its own, and orders to Ray's controller, which block, one after another in another
    thread.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._orders = ThreadPoolExecutor(1, thread_name_prefix="ipagym-ray-orders")
        self._thread = threading.Thread(target=self.loop.run_forever, name="ipagym-ray", daemon=True)
        self._thread.start()

    def begin(self, coroutine: Coroutine[Any, Any, None]) -> "Future[None]":
        """Run it; to cancel the future cancels the coroutine."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def order(self, order: Callable[[], Any]) -> "Future[Any]":
        """Give an order after those that were given before."""
        return self._orders.submit(order)

    def close(self) -> None:
        """Finish all orders, cancel what runs in the loop, end both threads."""
        self._orders.shutdown()
        self.begin(_cancel_others()).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
