"""The web application of one operator: routes, limits, refusals, and the housekeeping that runs beside them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from feiqian import __version__
from feiqian.server import administrator, everybody, problems, terminals, wallets
from feiqian.server.body_limit import BodyLimit
from feiqian.server.documents import document_of
from feiqian.server.limits import CROWD, IDEMPOTENCY_KEPT_S, Crowd
from feiqian.server.operator import Operator

HOUSEKEEPING_EVERY_S: Final = 60.0
_log = logging.getLogger("feiqian.server")


def application(operator: Operator, crowd: Crowd = CROWD) -> FastAPI:
    """The application that serves `operator`."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        housekeeper = asyncio.create_task(_keep_house(operator))
        try:
            yield
        finally:
            housekeeper.cancel()
            await asyncio.gather(housekeeper, return_exceptions=True)

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
    problems.install(app)
    app.add_middleware(BodyLimit, crowd=crowd)
    for part in (everybody, wallets, terminals, administrator):
        app.include_router(part.router)
    app.openapi = lambda: document_of(app)  # type: ignore[method-assign]  # the framework's way to replace it
    return app


def tidy(operator: Operator) -> None:
    """One round of housekeeping: ends what is past D, credits payees, drops answers nobody asks for again."""
    operator.issuer.close_windows()
    operator.acquirer.collect()
    operator.answers.forget_before(operator.clock() - IDEMPOTENCY_KEPT_S)


async def _keep_house(operator: Operator) -> None:
    while True:
        try:
            await run_in_threadpool(tidy, operator)
        except Exception as failure:  # noqa: BLE001  # the books refuse what is wrong; a dead housekeeper helps nobody
            _log.error("housekeeping failed and is tried again in a minute", exc_info=failure)
        await asyncio.sleep(HOUSEKEEPING_EVERY_S)
