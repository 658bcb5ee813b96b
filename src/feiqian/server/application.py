"""The web application of one operator: routes, limits, refusals, and the housekeeping that runs beside them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from feiqian import __version__
from feiqian.server import (
    administrator,
    attestation,
    auditing,
    boundary,
    disputes,
    everybody,
    lost_devices,
    paying_locks,
    problems,
    terminals,
    till_recovery,
    wallets,
    watch,
)
from feiqian.server.audit_log import Sequencer
from feiqian.server.body_limit import BodyLimit
from feiqian.server.console import routes as console
from feiqian.server.documents import document_of
from feiqian.server.intake import Intake
from feiqian.server.limits import CROWD, IDEMPOTENCY_KEPT_S, Crowd
from feiqian.server.metrics import HOUSEKEEPING_AT, HOUSEKEEPING_FAILED
from feiqian.server.operator import Operator
from feiqian.server.queue_watch import QueueWatch
from feiqian.server.site import Site
from feiqian.server.taking import DirectTaking, QueuedTaking
from feiqian.server.watching import Watch

HOUSEKEEPING_EVERY_S: Final = 60.0
_log = logging.getLogger("feiqian.server")


Application = FastAPI
"""What composition roots make and run, without knowing the framework."""
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def application(
    operator: Operator, crowd: Crowd = CROWD, queue: QueueWatch | None = None, *, direct_when_away: bool = False
) -> FastAPI:
    """The application that serves `operator`.

    With a `queue` batches wait there for other processes to settle them; `direct_when_away` lets this one take them
    when the queue cannot.
    """
    intake = Intake(crowd.batches_waiting_max, operator.numbers)
    watched = watch.Watched(operator, queue)
    direct = DirectTaking(operator, intake)
    taking = direct if queue is None else QueuedTaking(operator, queue, direct if direct_when_away else None)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if queue is not None:
            await queue.start()
        housekeeper = asyncio.create_task(_keep_house(operator, queue))
        sequencer = Sequencer(operator.audit, operator.keeps_house)
        sequencer.start()
        try:
            yield
        finally:
            await run_in_threadpool(sequencer.stop)
            housekeeper.cancel()
            await asyncio.gather(housekeeper, return_exceptions=True)
            await run_in_threadpool(intake.close)
            if queue is not None:
                await queue.stop()
            watched.close()

    app = framed(lifespan)
    app.state.operator = operator
    app.state.taking = taking
    app.state.queue_watch = queue
    app.state.watched = watched
    problems.install(app)
    app.add_middleware(BodyLimit, numbers=operator.numbers, crowd=crowd)
    # Added last, so it stands outermost.
    app.add_middleware(Watch, numbers=operator.numbers, crowd=crowd, traces=operator.traces)
    for part in (everybody, boundary, wallets, attestation, terminals, till_recovery, administrator, auditing, watch):
        app.include_router(part.router)
    for door in (lost_devices.everybody, lost_devices.wallet, paying_locks.wallet, paying_locks.administrator):
        app.include_router(door)
    for door in (disputes.wallet, disputes.terminal, disputes.administrator, console.router):
        app.include_router(door)
    app.router.default = Site()  # behind every route, so a wrong method there stays a wrong method
    operator.numbers.name_routes(list(document_of(app)["paths"]))
    app.openapi = lambda: document_of(app)  # type: ignore[method-assign]  # the framework's way to replace it
    return app


def framed(lifespan: Lifespan) -> FastAPI:
    """The framework as every application here uses it, without routes."""
    return FastAPI(
        title="Feiqian operator",
        version=__version__,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # the framework's pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )


def tidy(operator: Operator, floor: int | None = None) -> None:
    """One round of housekeeping: ends what is past D, credits payees, drops answers nobody asks for again.

    Of several processes one does it, until it is gone. `floor` is a time before which no batch came that still waits in
    a queue: no window ends later, or a batch that came in time would be late.
    """
    if not operator.keeps_house():
        return
    with nullcontext() if floor is None else operator.clock.at(floor):
        operator.issuer.close_windows()
    operator.acquirer.collect()
    operator.disputes.age()
    operator.answers.forget_before(operator.clock() - IDEMPOTENCY_KEPT_S)
    operator.numbers.set(HOUSEKEEPING_AT, operator.clock())


async def _keep_house(operator: Operator, queue: QueueWatch | None) -> None:
    while True:
        try:
            floor = None if queue is None else queue.floor(operator.clock())
            await run_in_threadpool(tidy, operator, floor)
        except Exception as failure:  # noqa: BLE001  # the books refuse what is wrong; a dead housekeeper helps nobody
            operator.numbers.add(HOUSEKEEPING_FAILED)
            _log.error("housekeeping failed and is tried again in a minute", exc_info=failure)
        await asyncio.sleep(HOUSEKEEPING_EVERY_S)
