"""The operator's queue as its administrator is told of it over HTTP."""

from dataclasses import dataclass

from feiqian.links.batch_queue import BatchKey, SetAside
from feiqian.links.http_replies import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReply:
    """What waits between intake and books. `aside` are the oldest of `aside_count` that were put aside."""

    waiting: int
    oldest_at: int | None
    redeliveries: int
    aside_count: int
    aside: tuple[SetAside, ...]


def queue_in(fields: Fields) -> QueueReply:
    """The queue as this object tells it. Raises LinkTrouble."""
    return QueueReply(
        waiting=fields.number("waiting"),
        oldest_at=fields.instant_or_none("oldest_at"),
        redeliveries=fields.number("redeliveries"),
        aside_count=fields.number("aside_count"),
        aside=tuple(_set_aside_in(item) for item in fields.each("aside")),
    )


def _set_aside_in(fields: Fields) -> SetAside:
    return SetAside(
        key=BatchKey(
            terminal_ref=fields.octets("terminal_ref"),
            batch_id=fields.octets("batch_id"),
            body_hash=fields.octets("batch"),
        ),
        at=fields.instant("at"),
        deliveries=fields.number("deliveries"),
        reason=fields.text("reason"),
    )
