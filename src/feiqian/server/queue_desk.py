"""Routes for the operator whose batches wait in a queue: how it is, and what was put aside."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Request, Response

from feiqian.links.batch_queue import QueueAway, QueueState, SetAside
from feiqian.server.answers import Answer
from feiqian.server.documents import refusals
from feiqian.server.doors import OperatorDep
from feiqian.server.once import answer
from feiqian.server.queue_watch import QueueWatch
from feiqian.server.requests import Release
from feiqian.server.shapes import BytesOut, HashOut, IdOut, InstantOut
from feiqian.server.strict_json import StrictRoute
from feiqian.server.trouble import ServerTrouble

router = APIRouter(route_class=StrictRoute)


class SetAsideAnswer(Answer):
    """A batch that nobody could settle. `batch` is the SHA-256 of its bytes; its terminal still has it."""

    batch: HashOut
    terminal_ref: IdOut
    batch_id: BytesOut
    at: InstantOut
    deliveries: int
    reason: str

    @classmethod
    def of(cls, one: SetAside) -> Self:
        """From the queue's value."""
        return cls(
            batch=one.key.body_hash,
            terminal_ref=one.key.terminal_ref,
            batch_id=one.key.batch_id,
            at=one.at,
            deliveries=one.deliveries,
            reason=one.reason,
        )


class QueueAnswer(Answer):
    """What waits between intake and books: how many, since when, how often something was handed out again.

    `aside` are batches that were put aside, oldest first, at most 20 of `aside_count`.
    """

    waiting: int
    oldest_at: InstantOut | None
    redeliveries: int
    aside_count: int
    aside: tuple[SetAsideAnswer, ...]

    @classmethod
    def of(cls, state: QueueState, aside: tuple[SetAside, ...]) -> Self:
        """From the queue's values."""
        return cls(
            waiting=state.waiting,
            oldest_at=state.oldest_at,
            redeliveries=state.redeliveries,
            aside_count=len(state.aside),
            aside=tuple(SetAsideAnswer.of(one) for one in aside),
        )


class Released(Answer):
    """Whether the batch was there to be released."""

    released: bool


async def queue_watch_of(request: Request) -> QueueWatch:
    """This server's queue. Raises queue_absent."""
    watch = request.app.state.queue_watch
    if not isinstance(watch, QueueWatch):
        raise ServerTrouble("queue_absent")
    return watch


async def floor_of(request: Request, operator: OperatorDep) -> int | None:
    """The time before which no batch came that still waits; None where none ever waits."""
    watch = request.app.state.queue_watch
    return watch.floor(operator.clock()) if isinstance(watch, QueueWatch) else None


QueueDep = Annotated[QueueWatch, Depends(queue_watch_of)]
FloorDep = Annotated[int | None, Depends(floor_of)]


@router.get("/v1/queue", operation_id="queue", response_model=QueueAnswer, responses=refusals(404, 503))
async def queue_now(watch: QueueDep) -> Response:
    """What waits between intake and books, and what was put aside. Raises queue_absent, queue_away."""
    try:
        return answer(QueueAnswer.of(await watch.queue.state(), await watch.queue.aside()))
    except QueueAway:
        raise ServerTrouble("queue_away") from None


@router.post(
    "/v1/queue/releases",
    operation_id="releaseBatch",
    response_model=Released,
    responses=refusals(400, 404, 415, 503),
)
async def release_batch(watch: QueueDep, release: Release) -> Response:
    """Lets a batch that was put aside come again: its terminal still has it, and sends it at its next sync."""
    try:
        return answer(Released(released=await watch.queue.release(release.batch)))
    except QueueAway:
        raise ServerTrouble("queue_away") from None
