"""What a server says at /ready: that it takes work, and what somebody should do about it before it no longer could."""

from dataclasses import dataclass

from feiqian.links.http_replies import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnedReply:
    """One warning, in the language that was asked for."""

    code: str
    message: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyReply:
    """A server that takes work. One that does not refuses instead, and says why."""

    version: str
    warnings: tuple[WarnedReply, ...]


def ready_in(fields: Fields) -> ReadyReply:
    """The answer as this object tells it. Raises LinkTrouble."""
    warned = tuple(_warned_in(one) for one in fields.each("warnings"))
    return ReadyReply(version=fields.text("version"), warnings=warned)


def _warned_in(fields: Fields) -> WarnedReply:
    return WarnedReply(code=fields.text("code"), message=fields.text("message"), next=fields.text("next"))
