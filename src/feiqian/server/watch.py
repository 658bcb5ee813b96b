"""Routes for whoever looks after the server: does it live, is it ready, and its numbers.

None of them waits for a thread that other requests use, so an overload does not silence them. `/metrics` opens to a
token of its own (`metrics.token` in the home), so that what collects numbers holds nothing that moves money.
"""

import platform
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from feiqian import __version__
from feiqian.issuer.key_life import ROLE_WORDS, days_left, role_lives
from feiqian.issuer.key_warnings import KeyWarned, KeyWarning
from feiqian.protocol.limits import WIRE_VERSION
from feiqian.protocol.trust_pack import decode_key_set
from feiqian.server.answers import Health
from feiqian.server.documents import refusals
from feiqian.server.doors import OperatorDep, token_of
from feiqian.server.held import Held
from feiqian.server.language import language_of
from feiqian.server.limits import BOOKS_HELD_S, READY_WAIT_S
from feiqian.server.metrics import (
    AUDIT_LEAVES,
    BUILD,
    EXPOSURE,
    FORKS,
    KEY_DAYS_LEFT,
    KEY_WARNINGS,
    OPEN_ALLOWANCES,
    QUEUE_ASIDE,
    QUEUE_OLDEST_SECONDS,
    QUEUE_REDELIVERIES,
    QUEUE_UP,
    QUEUE_WAITING,
    Metric,
)
from feiqian.server.metrics_page import TEXT_KIND, exposition_of
from feiqian.server.once import answer
from feiqian.server.operator import BookTotals, Operator
from feiqian.server.queue_watch import QueueWatch
from feiqian.server.readiness import Readiness
from feiqian.server.strict_json import StrictRoute
from feiqian.server.trouble import ServerTrouble
from feiqian.server.warned import Ready, WarningLine, keys_warned, published_at

router = APIRouter(tags=["watch"], route_class=StrictRoute)
_BUILD: Final = (__version__, platform.python_version(), str(WIRE_VERSION))
_metrics_token = HTTPBearer(
    auto_error=False, scheme_name="metricsToken", description="The one in metrics.token, or the administrator's."
)


class Watched:
    """What these routes look at; of one application."""

    def __init__(self, operator: Operator, queue: QueueWatch | None = None) -> None:
        self.queue = queue
        self.readiness = Readiness(operator.probe)
        self.totals: Held[BookTotals] = Held(operator.totals, held_s=BOOKS_HELD_S, wait_s=READY_WAIT_S)
        self._operator = operator
        self._published_at: Held[int | None] = Held(
            lambda: published_at(operator), held_s=BOOKS_HELD_S, wait_s=READY_WAIT_S
        )

    async def key_warnings(self) -> tuple[KeyWarned, ...]:
        """What somebody has to do about keys; of the pack's age nothing while the books cannot be read."""
        try:
            found = await self._published_at.get()
        except Exception:  # noqa: BLE001  # whoever watches a server whose books fail hears that elsewhere
            found = None
        return keys_warned(self._operator, found)

    def close(self) -> None:
        """Looks no more."""
        self.readiness.close()
        self.totals.close()
        self._published_at.close()


def watched_of(request: Request) -> Watched:
    """What is looked at here."""
    watched = request.app.state.watched
    if not isinstance(watched, Watched):
        raise TypeError("the application was made without anything to watch")
    return watched


async def scraper(
    operator: OperatorDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_metrics_token)]
) -> None:
    """Lets whoever may read the numbers in. Raises not_signed_in."""
    if not operator.may_read_metrics(token_of(credentials)):
        raise ServerTrouble("not_signed_in")


@router.get("/health", operation_id="health", response_model=Health)
async def health() -> Response:
    """The process lives. It says nothing about the books: see /ready."""
    return answer(Health(status="up", version=__version__))


@router.get("/ready", operation_id="ready", response_model=Ready, responses=refusals(503, 507))
async def ready(watched: Annotated[Watched, Depends(watched_of)], request: Request) -> Response:
    """The books can be read and written, their version is this program's, and no stop has begun.

    Warnings of keys stand beside it: a load balancer passes over them, somebody should act on them.
    """
    await watched.readiness.check()
    language = language_of(request.headers.get("accept-language"))
    warned = tuple(WarningLine.of(one, language) for one in await watched.key_warnings())
    return answer(Ready(status="ready", version=__version__, warnings=warned))


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    dependencies=[Depends(scraper)],
    responses=refusals(401)
    | {200: {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(operator: OperatorDep, watched: Annotated[Watched, Depends(watched_of)]) -> Response:
    """What docs/operations/metrics.md names, of all processes; without the books while those cannot be read."""
    try:
        totals = await watched.totals.get()
    except Exception:  # noqa: BLE001  # whoever watches a server whose books fail needs the other numbers all the more
        totals = None
    now = operator.clock()
    warned = await watched.key_warnings()
    stated = _stated(totals) | _queue_stated(watched.queue, now) | _keys_stated(operator.key_set, warned, now)
    return Response(exposition_of(operator.numbers, stated), headers={"content-type": TEXT_KIND})


def _keys_stated(
    payload: bytes, warned: tuple[KeyWarned, ...], now: int
) -> dict[Metric, Mapping[tuple[str, ...], int]]:
    key_set = decode_key_set(payload)
    every = {key.key for key in key_set.keys}
    left: dict[tuple[str, ...], int] = {("key_set",): days_left(key_set.expires_at, now)}
    left |= {(ROLE_WORDS[life.role],): days_left(life.ends_at, now) for life in role_lives(key_set, every, now)}
    codes = [one.code for one in warned]
    return {KEY_DAYS_LEFT: left, KEY_WARNINGS: {(code.value,): codes.count(code) for code in KeyWarning}}


def _queue_stated(watch: QueueWatch | None, now: int) -> dict[Metric, Mapping[tuple[str, ...], int]]:
    if watch is None:
        return {}
    found = watch.latest
    if found is None:
        return {QUEUE_UP: {(): 0}}
    return {
        QUEUE_UP: {(): 1},
        QUEUE_WAITING: {(): found.waiting},
        QUEUE_OLDEST_SECONDS: {(): 0 if found.oldest_at is None else max(0, now - found.oldest_at)},
        QUEUE_REDELIVERIES: {(): found.redeliveries},
        QUEUE_ASIDE: {(): len(found.aside)},
    }


def _stated(totals: BookTotals | None) -> dict[Metric, Mapping[tuple[str, ...], int]]:
    if totals is None:
        return {BUILD: {_BUILD: 1}}
    return {
        BUILD: {_BUILD: 1},
        OPEN_ALLOWANCES: {(one.currency,): one.open_allowances for one in totals.exposures},
        EXPOSURE: {
            (one.currency, source): amount_minor
            for one in totals.exposures
            for source, amount_minor in (
                ("reserve", one.reserve_minor),
                ("free", one.free_minor),
                ("pool", one.pool_minor),
                ("loss", one.loss_minor),
            )
        },
        FORKS: {(): totals.forks},
        AUDIT_LEAVES: {("logged",): totals.leaves_logged, ("queued",): totals.leaves_queued},
    }
