"""The web application of one operator: routes, limits, refusals, and the housekeeping that runs beside them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from feiqian import __version__
from feiqian.server import administrator, auditing, disputes, everybody, problems, terminals, wallets, watch
from feiqian.server.audit_log import Sequencer
from feiqian.server.body_limit import BodyLimit
from feiqian.server.documents import document_of
from feiqian.server.intake import Intake
from feiqian.server.limits import CROWD, IDEMPOTENCY_KEPT_S, Crowd
from feiqian.server.metrics import HOUSEKEEPING_AT, HOUSEKEEPING_FAILED
from feiqian.server.operator import Operator
from feiqian.server.watching import Watch

HOUSEKEEPING_EVERY_S: Final = 60.0
_log = logging.getLogger("feiqian.server")


def application(operator: Operator, crowd: Crowd = CROWD) -> FastAPI:
    """The application that serves `operator`."""
    intake = Intake(crowd.batches_waiting_max, operator.numbers)
    watched = watch.Watched(operator)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        housekeeper = asyncio.create_task(_keep_house(operator))
        sequencer = Sequencer(operator.audit, operator.keeps_house)
        sequencer.start()
        try:
            yield
        finally:
            await run_in_threadpool(sequencer.stop)
            housekeeper.cancel()
            await asyncio.gather(housekeeper, return_exceptions=True)
            await run_in_threadpool(intake.close)
            watched.close()

    app = FastAPI(
        title="Feiqian operator",
        version=__version__,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # the framework's pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.operator = operator
    app.state.intake = intake
    app.state.watched = watched
    problems.install(app)
    app.add_middleware(BodyLimit, numbers=operator.numbers, crowd=crowd)
    app.add_middleware(Watch, numbers=operator.numbers, crowd=crowd)  # added last, so it stands outermost
    for part in (everybody, wallets, terminals, administrator, auditing, watch):
        app.include_router(part.router)
    for door in (disputes.wallet, disputes.terminal, disputes.administrator):
        app.include_router(door)
    operator.numbers.name_routes(list(document_of(app)["paths"]))
    app.openapi = lambda: document_of(app)  # type: ignore[method-assign]  # the framework's way to replace it
    return app


def tidy(operator: Operator) -> None:
    """One round of housekeeping: ends what is past D, credits payees, drops answers nobody asks for again.

    Of several processes one does it, until it is gone.
    """
    if not operator.keeps_house():
        return
    operator.issuer.close_windows()
    operator.acquirer.collect()
    operator.disputes.age()
    operator.answers.forget_before(operator.clock() - IDEMPOTENCY_KEPT_S)
    operator.numbers.set(HOUSEKEEPING_AT, operator.clock())


async def _keep_house(operator: Operator) -> None:
    while True:
        try:
            await run_in_threadpool(tidy, operator)
        except Exception as failure:  # noqa: BLE001  # the books refuse what is wrong; a dead housekeeper helps nobody
            operator.numbers.add(HOUSEKEEPING_FAILED)
            _log.error("housekeeping failed and is tried again in a minute", exc_info=failure)
        await asyncio.sleep(HOUSEKEEPING_EVERY_S)
