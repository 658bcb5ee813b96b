"""A process that settles what waits in the queue: it takes a batch, settles it as the server would, and says so.

Rules kept:

- The queue hears that a batch is done only when the books have committed it. A process that dies in between leaves it
  to the next one, who finds it in the books: nothing is settled twice.
- While the books cannot be read and written, a batch is held and tried again; that is no fault of the batch.
- A batch that meets a fault of ours is handed back with a growing delay and the next one is taken meanwhile. After
  `DELIVERIES_MAX` times, deaths of whoever had it included, it is put aside where the operator sees it.

Such a process answers /health, /ready and /metrics, and nothing else.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI

from feiqian.ledger.clearing import Stale
from feiqian.links.batch_queue import DELIVERIES_MAX, HELD_S, Delivery, QueueAway
from feiqian.protocol.words import Coded
from feiqian.server import problems, watch
from feiqian.server.application import framed
from feiqian.server.documents import document_of
from feiqian.server.limits import CROWD, Crowd
from feiqian.server.metrics import SETTLING_FAILED
from feiqian.server.operator import Operator
from feiqian.server.problems import trouble_of_database
from feiqian.server.queue_watch import QueueWatch
from feiqian.server.watching import Watch

TAKE_S: Final = 2.0
PAUSE_S: Final = 0.5
PAUSE_MAX_S: Final = 5.0
GOOD_BOOKS_MAX: Final = 3
"""A batch that the books refuse so often, while they are good otherwise, is at fault itself."""
_BUSY: Final = "operator_busy"
_REUSED: Final = "batch_id_reused"
_log = logging.getLogger("feiqian.server")


class Settler:
    """Empties the queue, one batch at a time, in a thread of its own."""

    def __init__(self, operator: Operator, watch: QueueWatch) -> None:
        self._operator, self._queue = operator, watch.queue
        self._thread = ThreadPoolExecutor(1, "settler")
        self._stops = asyncio.Event()

    async def run(self) -> None:
        """Until it is stopped; then the batch under way is finished."""
        while not self._stops.is_set():
            try:
                delivery = await self._queue.take(TAKE_S)
                if delivery is not None:
                    await self._settle(delivery)
            except QueueAway:
                await self._pause(PAUSE_S)
            except Exception as failure:  # noqa: BLE001  # what was under way is handed out again; a dead settler helps nobody
                _log.error("a fault while settling", exc_info=failure)
                await self._pause(PAUSE_MAX_S)
        self._thread.shutdown(wait=False)

    def stop(self) -> None:
        """Takes no more."""
        self._stops.set()

    async def _settle(self, delivery: Delivery) -> None:
        if delivery.deliveries > DELIVERIES_MAX:  # whoever had it died of it, again and again
            await self._put_aside(delivery, "given_up")
            return
        holding = asyncio.create_task(_hold(delivery))
        try:
            await self._settle_held(delivery)
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _settle_held(self, delivery: Delivery) -> None:
        pause_s, failed_on_good_books = PAUSE_S, 0
        while not self._stops.is_set():
            try:
                await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._operator.acquirer.take_carried_batch, delivery.body, delivery.received_at
                )
            except Coded as refused:
                code = str(refused.code)
                if code == _REUSED:  # the other one stands, and who sends this one is told so at the door
                    await delivery.done()
                    return
                if code != _BUSY:
                    await self._put_aside(delivery, code)
                    return
            except Exception as failure:  # noqa: BLE001  # a batch that meets a fault of ours may not stop the others
                failed_on_good_books += await self._books_are_good()
                ours = trouble_of_database(failure) is None and not isinstance(failure, Stale)
                if ours or failed_on_good_books >= GOOD_BOOKS_MAX:
                    await self._hand_back(delivery, failure)
                    return
                _log.error("the books cannot take a batch now: %s", type(failure).__name__)
            else:
                await delivery.done()
                return
            await self._pause(pause_s)
            pause_s = min(pause_s * 2, PAUSE_MAX_S)

    async def _books_are_good(self) -> bool:
        """Whether they can be read and written: then what failed was the batch."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._operator.probe)
        except Exception:  # noqa: BLE001  # whatever it is, /ready says it in words
            return False
        return True

    async def _hand_back(self, delivery: Delivery, failure: Exception) -> None:
        self._operator.numbers.add(SETTLING_FAILED)
        _log.error("a batch could not be settled (%d of %d)", delivery.deliveries, DELIVERIES_MAX, exc_info=failure)
        if delivery.deliveries >= DELIVERIES_MAX:
            await self._put_aside(delivery, type(failure).__name__)
        else:
            await delivery.again(min(PAUSE_S * 2**delivery.deliveries, PAUSE_MAX_S))

    async def _put_aside(self, delivery: Delivery, reason: str) -> None:
        _log.error("a batch was put aside (%s); see: feiqian operator queue", reason)
        await delivery.put_aside(reason)

    async def _pause(self, pause_s: float) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stops.wait(), pause_s)


async def _hold(delivery: Delivery) -> None:
    """Says that it is being worked on for as long as it is."""
    while True:
        await asyncio.sleep(HELD_S / 4)
        await delivery.hold()


def settling_application(operator: Operator, queue_watch: QueueWatch, crowd: Crowd = CROWD) -> FastAPI:
    """The application of a process that settles."""
    watched = watch.Watched(operator, queue_watch)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await queue_watch.start()
        settler = Settler(operator, queue_watch)
        settling = asyncio.create_task(settler.run())
        try:
            yield
        finally:
            settler.stop()
            await asyncio.gather(settling, return_exceptions=True)
            await queue_watch.stop()
            watched.close()

    app = framed(lifespan)
    app.state.operator = operator
    app.state.watched = watched
    problems.install(app)
    app.add_middleware(Watch, numbers=operator.numbers, crowd=crowd, traces=operator.traces)
    app.include_router(watch.router)
    operator.numbers.name_routes(list(document_of(app)["paths"]))
    return app
